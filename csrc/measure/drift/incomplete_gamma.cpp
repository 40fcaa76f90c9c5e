// The regularised incomplete gamma function, for the chi-squared tail.
#include "measure/drift/incomplete_gamma.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "measure/drift/saddle_point.hpp"

namespace mainspring {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon() / 4;

// x^a e^-x / Gamma(a + 1)
double density(double a, double x) {
  return std::exp(-stirling_error(a) - deviance(a, x - a)) / std::sqrt(2 * std::numbers::pi * a);
}

// P(a, x) by its power series.
double lower_series(double a, double x) {
  double term = 1;
  double sum = 1;
  for (double n = a + 1; term > sum * kEpsilon; ++n) {
    term *= x / n;
    sum += term;
  }
  return density(a, x) * sum;
}

// Q(a, x) by Legendre's continued fraction, evaluated after Lentz (1976).
double upper_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double value = d;
  for (double i = 1; i < 1e7; ++i) {
    const double numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b;
    if (std::fabs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::fabs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double change = d * c;
    value *= change;
    if (std::fabs(change - 1) < 4 * kEpsilon) break;
  }
  return density(a, x) * a * value;
}

}  // namespace

double gamma_tail(double a, double x) {
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  if (x < a + 1) return std::clamp(1 - lower_series(a, x), 0.0, 1.0);
  return std::clamp(upper_fraction(a, x), 0.0, 1.0);
}

double chi_squared_tail(double x, double dof) { return dof <= 0 ? 1 : gamma_tail(dof / 2, x / 2); }

}  // namespace mainspring

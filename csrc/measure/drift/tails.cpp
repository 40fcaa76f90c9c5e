// Student's tails by the regularised incomplete beta function.
#include "measure/drift/tails.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "measure/drift/saddle_point.hpp"

namespace mainspring {

namespace {

// log Beta(a, 1/2): for large a a difference of two log gammas would lose all of its digits.
double log_beta_half(double a) {
  const double log_gamma_half = 0.5 * std::log(std::numbers::pi);
  if (a < 16) return std::lgamma(a) + log_gamma_half - std::lgamma(a + 0.5);
  const double grown = stirling_error(a - 0.5) - stirling_error(a - 1) +
                       a * std::log1p(0.5 / (a - 1)) + 0.5 * std::log(a - 1) - 0.5;
  return log_gamma_half - grown;
}

// The continued fraction of the incomplete beta function at x, by the method of Lentz (1976).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  if (std::fabs(d) < kTiny) d = kTiny;
  d = 1 / d;
  double value = d;
  for (double k = 1; k < 1e6; ++k) {
    for (const double factor : {k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)),
                                -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))}) {
      d = 1 + factor * d;
      if (std::fabs(d) < kTiny) d = kTiny;
      c = 1 + factor / c;
      if (std::fabs(c) < kTiny) c = kTiny;
      d = 1 / d;
      value *= c * d;
    }
    if (std::fabs(c * d - 1) < 1e-16) break;
  }
  return value;
}

}  // namespace

double two_normal_tails(double z) { return std::erfc(std::fabs(z) / std::numbers::sqrt2); }

// I(dof / 2, 1 / 2) at dof / (dof + t^2).
double two_student_tails(double value, double dof) {
  const double square = value * value;
  if (square == 0) return 1;
  if (std::isinf(square)) return 0;
  const double a = dof / 2;
  const double x = dof / (dof + square);
  const double rest = square / (dof + square);
  const double log_front = -a * std::log1p(square / dof) + 0.5 * std::log(rest) - log_beta_half(a);
  // The fraction converges fast on the near side of the mean.
  if (x < (a + 1) / (a + 2.5)) {
    return std::clamp(std::exp(log_front) * beta_fraction(a, 0.5, x) / a, 0.0, 1.0);
  }
  return std::clamp(1 - std::exp(log_front) * beta_fraction(0.5, a, rest) / 0.5, 0.0, 1.0);
}

}  // namespace mainspring

// The law of the one-sample Kolmogorov-Smirnov statistic at finite n.
#include "measure/drift/ks_one_sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "measure/drift/saddle_point.hpp"

namespace mainspring {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kSmallN = 140;
constexpr double kMatrixN = 100000;
constexpr double kSummedN = 1000000;

// log(n! / n^n)
double log_factorial_ratio(double n) { return 0.5 * std::log(2 * kPi * n) - n + stirling_error(n); }

// P(D+_n >= d): the finite sum of Smirnov (1944) in the form of Birnbaum and Tingey (1951). Its
// terms are binomial probabilities, each with its own success rate d + j / n.
double one_sided_tail(double n, double d) {
  const double t = n * d;
  const double last = std::floor(n - t);
  // The terms are samples of a function that is smooth on the scale of n and vanishes with all its
  // derivatives at both ends, so every step-th of them sums to the same value (Poisson summation).
  const double step = n <= 32768 ? 1 : std::floor(n / 8192);
  const double total = stirling_error(n) + 0.5 * std::log(n / (2 * kPi));
  double sum = step == 1 ? std::exp(n * std::log1p(-d)) : 0;
  for (double j = step; j <= last; j += step) {
    const double rest = n - j;
    if (rest - t <= 0 || rest == 0) continue;
    const double log_term = total - stirling_error(j) - stirling_error(rest) - deviance(j, t) -
                            deviance(rest, -t) - 0.5 * std::log(j * rest);
    sum += t / (j + t) * std::exp(log_term);
  }
  return sum * step;
}

// Two one-sided tails, which do not overlap where this is used.
double two_tails(double n, double d) {
  if (n > kSummedN) {
    const double moved = 6 * n * d + 1;
    return 2 * std::exp(-moved * moved / (18 * n));
  }
  return 2 * one_sided_tail(n, d);
}

// A square matrix that carries a power of two outside, for high powers.
struct ScaledMatrix {
  size_t size;
  std::vector<double> cells;
  int exponent = 0;

  void multiply(const ScaledMatrix& other) {
    std::vector<double> product(size * size, 0);
    for (size_t i = 0; i < size; ++i) {
      for (size_t k = 0; k < size; ++k) {
        const double factor = cells[i * size + k];
        for (size_t j = 0; j < size; ++j) {
          product[i * size + j] += factor * other.cells[k * size + j];
        }
      }
    }
    cells = std::move(product);
    exponent += other.exponent;
    int power = 0;
    const double largest = *std::max_element(cells.begin(), cells.end());
    (void)std::frexp(largest, &power);
    for (double& cell : cells) cell = std::ldexp(cell, -power);
    exponent += power;
  }
};

// P(D_n < d), exact: Durbin's matrix as evaluated by Marsaglia, Tsang and Wang (2003,
// doi:10.18637/jss.v008.i18).
double cdf_by_matrix(double n, double d) {
  const auto k = static_cast<size_t>(n * d) + 1;
  const size_t size = 2 * k - 1;
  const double h = static_cast<double>(k) - n * d;
  std::vector<double> inverse_factorials(size + 2, 1.0);
  for (size_t i = 1; i < inverse_factorials.size(); ++i) {
    inverse_factorials[i] = inverse_factorials[i - 1] / static_cast<double>(i);
  }
  ScaledMatrix base{size, std::vector<double>(size * size, 0)};
  const auto cell = [&](size_t i, size_t j) -> double& { return base.cells[i * size + j]; };
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < std::min(i + 2, size); ++j) cell(i, j) = 1;
  }
  for (size_t i = 0; i < size; ++i) {
    const double power = std::pow(h, static_cast<double>(i + 1));
    cell(i, 0) -= power;
    cell(size - 1, size - 1 - i) -= power;
  }
  if (2 * h > 1) cell(size - 1, 0) += std::pow(2 * h - 1, static_cast<double>(size));
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < std::min(i + 2, size); ++j) cell(i, j) *= inverse_factorials[i + 1 - j];
  }
  ScaledMatrix power{size, std::vector<double>(size * size, 0)};
  for (size_t i = 0; i < size; ++i) power.cells[i * size + i] = 1;
  for (auto left = static_cast<uint64_t>(n); left > 0; left >>= 1) {
    if ((left & 1) != 0) power.multiply(base);
    if (left > 1) base.multiply(ScaledMatrix(base));
  }
  const double center = power.cells[(k - 1) * size + k - 1];
  return center * std::exp(log_factorial_ratio(n) + power.exponent * std::numbers::ln2);
}

// P(D_n < d) up to terms of n^-2: Pelz and Good (1976, J. R. Statist. Soc. B 38, 152), equations 4
// to 9, with z = d sqrt(n).
double cdf_by_expansion(double n, double d) {
  const double z = d * std::sqrt(n);
  const double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
  const double pi2 = kPi * kPi, pi4 = pi2 * pi2, pi6 = pi4 * pi2;
  const double log_q = -pi2 / (8 * z2);
  if (log_q < -708) return 0;
  std::array<double, 4> sums{};
  const int num_terms = static_cast<int>(std::ceil(16 * z / kPi));
  for (int k = num_terms; k >= 1; --k) {
    const double odd = 2 * k - 1;
    const double m2 = odd * odd, m4 = m2 * m2, m6 = m4 * m2;
    const double q = std::exp(log_q * m2);
    sums[0] += q;
    sums[1] += q * (pi2 / 4 * m2 - z2);
    sums[2] +=
        q * (6 * z6 + 2 * z4 + pi2 / 4 * (2 * z4 - 5 * z2) * m2 + pi4 / 16 * (1 - 2 * z2) * m4);
    sums[3] += q * (-30 * z6 - 90 * z4 * z4 + pi2 / 4 * (135 * z4 - 96 * z6) * m2 +
                    pi4 / 16 * (212 * z4 - 60 * z2) * m4 + pi6 / 64 * (5 - 30 * z2) * m6);
  }
  double second = 0;
  double third = 0;
  for (int k = num_terms; k >= 1; --k) {
    const double k2 = static_cast<double>(k) * k;
    const double q = std::exp(4 * log_q * k2);
    second += k2 * q;
    third += (3 * z2 - pi2 * k2) * k2 * q;
  }
  const double root = std::sqrt(2 * kPi);
  const double k0 = root / z * sums[0];
  const double k1 = root / (6 * z4) * sums[1];
  const double k2 = root / (72 * z6 * z) * sums[2] - root * pi2 / (36 * z2 * z) * second;
  const double k3 = root / (6480 * z6 * z4) * sums[3] + root * pi2 / (216 * z6) * third;
  const double root_n = std::sqrt(n);
  return k0 + k1 / root_n + k2 / n + k3 / (n * root_n);
}

double unit(double probability) { return std::clamp(probability, 0.0, 1.0); }

}  // namespace

double ks_one_sample_tail(uint64_t count, double d) {
  const auto n = static_cast<double>(count);
  const double t = n * d;
  if (count == 0 || t <= 0.5) return 1;
  if (d >= 1) return 0;
  // The ends, by Ruben and Gambino (1982).
  if (t <= 1) return unit(1 - std::exp(log_factorial_ratio(n) + n * std::log(2 * t - 1)));
  if (t >= n - 1) return unit(2 * std::pow(1 - d, n));
  if (d >= 0.5) return unit(two_tails(n, d));
  const double squared = t * d;
  if (n <= kSmallN) return unit(squared <= 4 ? 1 - cdf_by_matrix(n, d) : two_tails(n, d));
  if (squared >= 370) return 0;
  if (squared >= 2.2) return unit(two_tails(n, d));
  if (squared < 0.025) return 1;  // the distribution function is below 1e-20
  const bool matrix = n <= kMatrixN && n * std::pow(d, 1.5) <= 1.4;
  return unit(1 - (matrix ? cdf_by_matrix(n, d) : cdf_by_expansion(n, d)));
}

}  // namespace mainspring

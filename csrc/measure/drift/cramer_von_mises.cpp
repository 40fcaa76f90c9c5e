// Cramer-von Mises: how far two distribution functions are apart, over all values together.
#include <cmath>
#include <numbers>

#include "measure/drift/statistic.hpp"
#include "measure/drift/walk_ranks.hpp"

namespace mainspring {

namespace {

// The modified Bessel function K of order 1/4, by its integral over e^(-x cosh t) cosh(t / 4). The
// trapezoidal rule is exact to all digits for such a function.
double bessel_k_quarter(double x) {
  constexpr double kStep = 1.0 / 32;
  double sum = 0.5 * std::exp(-x);
  for (double t = kStep;; t += kStep) {
    const double term = std::exp(-x * std::cosh(t)) * std::cosh(t / 4);
    sum += term;
    if (term <= 1e-18 * sum) return sum * kStep;
  }
}

// The limit law: T. W. Anderson and D. A. Darling (1952, doi:10.1214/aoms/1177729437), equation
// 4.35.
double limiting_cdf(double x) {
  if (x <= 0) return 0;
  double sum = 0;
  for (double k = 0; k < 100; ++k) {
    const double y = (4 * k + 1) * (4 * k + 1) / (16 * x);
    const double log_factor = std::lgamma(k + 0.5) - std::lgamma(k + 1) - y;
    const double term = std::exp(log_factor) / std::pow(std::numbers::pi, 1.5) / std::sqrt(x) *
                        std::sqrt(4 * k + 1) * bessel_k_quarter(y);
    sum += term;
    if (term <= 1e-17 * sum || y > 700) break;
  }
  return std::min(sum, 1.0);
}

struct CramerVonMises {
  static constexpr std::string_view kName = "cramer_von_mises";
  static constexpr std::string_view kSummary =
      "Cramer-von Mises statistic of two samples: squared differences of the distribution "
      "functions over all values.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "U / (n m (n + m)) - (4 n m - 1) / (6 (n + m)), U = n sum (r_i - i)^2 + m sum (s_j - "
          "j)^2, r and s the ranks of both sides among all values; equal values share their mean "
          "rank; from integers",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch = "computed from the sketched ranks, without an interval or a test",
      .test = "the limit law, at the value scaled to its mean and variance",
      .chance = "(1 + 1 / (n + m)) / 6",
      .source = "T. W. Anderson 1962, doi:10.1214/aoms/1177704477",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    using Wide = __int128;
    Wide before = 0, x_before = 0, y_before = 0, x_sum = 0, y_sum = 0;
    for_each_value(x, y, [&](double, uint64_t in_x, uint64_t in_y) {
      const auto a = static_cast<Wide>(in_x);
      const auto b = static_cast<Wide>(in_y);
      const Wide twice_rank = 2 * before + a + b + 1;
      x_sum += squares(twice_rank - 2 * x_before, a);
      y_sum += squares(twice_rank - 2 * y_before, b);
      before += a + b;
      x_before += a;
      y_before += b;
    });
    const auto n = static_cast<Wide>(x.total);
    const auto m = static_cast<Wide>(y.total);
    const Wide four_u = n * x_sum + m * y_sum;
    const auto pairs = static_cast<double>(n * m);
    const auto all = static_cast<double>(n + m);
    const double t =
        static_cast<double>(3 * four_u - 2 * n * m * (4 * n * m - 1)) / (12 * pairs * all);
    return StatisticValue::estimated(t, pair,
                                     tail(t, static_cast<double>(n), static_cast<double>(m)));
  }

  // Four times the sum of (twice_gap / 2 - k)^2 over k = 1..count.
  static __int128 squares(__int128 twice_gap, __int128 count) {
    return count * twice_gap * twice_gap - 2 * twice_gap * count * (count + 1) +
           2 * count * (count + 1) * (2 * count + 1) / 3;
  }

  static double tail(double t, double n, double m) {
    const double all = n + m;
    const double mean = (1 + 1 / all) / 6;
    const double variance = (all + 1) * (4 * n * m * all - 3 * (n * n + m * m) - 2 * n * m) /
                            (45 * all * all * 4 * n * m);
    if (variance <= 0) return 1;  // one value on either side
    const double scaled = 1.0 / 6 + (t - mean) / std::sqrt(45 * variance);
    if (scaled < 0.003) return 1;
    return std::clamp(1 - limiting_cdf(scaled), 0.0, 1.0);
  }
};

}  // namespace

extern constinit const Statistic kCramerVonMises = statistic_of<CramerVonMises>();

}  // namespace mainspring

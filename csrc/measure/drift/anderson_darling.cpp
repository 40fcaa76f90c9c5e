// Anderson-Darling: Cramer-von Mises with more weight on the ends of the distribution.
#include <cmath>
#include <numbers>

#include "measure/drift/statistic.hpp"
#include "measure/drift/walk_ranks.hpp"

namespace mainspring {

namespace {

// P(A^2 < z) in the limit: T. W. Anderson and D. A. Darling (1954,
// doi:10.1080/01621459.1954.10501232). The integral over w runs by the trapezoidal rule in w =
// sinh(s), which is exact to all digits for such a function.
double limit_cdf(double z) {
  if (z <= 0) return 0;
  constexpr double kStep = 1.0 / 32;
  double sum = 0;
  double choose = 1;  // of -1/2 over j
  for (double j = 0; j < 200; ++j) {
    const double c = (4 * j + 1) * (4 * j + 1) * std::numbers::pi * std::numbers::pi / (8 * z);
    double integral = 0;
    for (double s = 0; s < 40; s += kStep) {
      const double w = std::sinh(s);
      const double term = std::exp(z / (8 * (w * w + 1)) - c * (w * w + 1)) * std::cosh(s);
      integral += s == 0 ? 0.5 * term : term;
      if (term <= 1e-18 * integral) break;
    }
    const double term = choose * (4 * j + 1) * integral * kStep;
    sum += term;
    if (std::fabs(term) <= 1e-17 * std::fabs(sum)) break;
    choose *= (-0.5 - j) / (j + 1);
  }
  return std::clamp(std::sqrt(2 * std::numbers::pi) / z * sum, 0.0, 1.0);
}

// P(A^2 >= z) by the formula of N. V. Smirnov (1937) for a weighted sum of squares of normal values
// with weights 1 / (j (j + 1)): terms alternate and fall off, so small tails keep their digits.
// Between two neighbouring zeros of the determinant the angle makes the integral smooth and
// periodic.
double limit_tail(double z) {
  if (z < 3) return 1 - limit_cdf(z);
  constexpr int kPoints = 256;
  constexpr double kHalf = std::numbers::pi / 2;
  double sum = 0;
  for (double k = 1; k < 30; ++k) {
    const double low = (2 * k - 1) * (2 * k);
    const double high = (2 * k) * (2 * k + 1);
    double integral = 0;
    for (int i = 0; i < kPoints; ++i) {
      const double angle = std::numbers::pi * (i + 0.5) / kPoints;
      const double u = 0.5 * (low + high) - 0.5 * (high - low) * std::cos(angle);
      const double determinant = std::cos(kHalf * std::sqrt(1 + 4 * u)) / (-std::numbers::pi * u);
      integral += std::exp(-u * z / 2) * std::sin(angle) / (u * std::sqrt(std::fabs(determinant)));
    }
    integral *= 0.5 * (high - low) / kPoints;
    sum += std::fmod(k, 2) == 1 ? integral : -integral;
    if (integral <= 1e-17 * sum) break;
  }
  return std::clamp(sum, 0.0, 1.0);
}

struct AndersonDarling {
  static constexpr std::string_view kName = "anderson_darling";
  static constexpr std::string_view kSummary =
      "Anderson-Darling statistic of two samples: squared differences of the distribution "
      "functions, weighted most at both ends.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "(N - 1) / N sum over sides of 1 / n_i sum over distinct values of l / N (N M - n_i B)^2 "
          "/ (B (N - B) - N l / 4), B and M the counts below a value and half of those equal to it "
          "of all N values and of the side's n_i, l how many are equal",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch = "computed from the sketched ranks, without an interval or a test",
      .test = "the limit law",
      .chance = "1",
      .source = "F. W. Scholz and M. A. Stephens 1987, doi:10.1080/01621459.1987.10478517",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    const auto n = static_cast<double>(x.total);
    const auto m = static_cast<double>(y.total);
    const double all = n + m;
    uint64_t before = 0, x_before = 0, distinct = 0;
    double sum = 0;
    for_each_value(x, y, [&](double, uint64_t in_x, uint64_t in_y) {
      const auto equal = static_cast<double>(in_x + in_y);
      const double below = static_cast<double>(before) + equal / 2;
      const double x_below = static_cast<double>(x_before) + static_cast<double>(in_x) / 2;
      // The other side's difference is the same with the other sign.
      const double difference = all * x_below - n * below;
      const double weight = below * (all - below) - all * equal / 4;
      if (weight > 0) sum += equal / all * difference / weight * difference;
      before += in_x + in_y;
      x_before += in_x;
      ++distinct;
    });
    if (distinct < 2) return StatisticValue::tested(0, 1);
    const double a2 = (all - 1) / all * sum * (1 / n + 1 / m);
    return StatisticValue::estimated(a2, pair, limit_tail(a2));
  }
};

}  // namespace

extern constinit const Statistic kAndersonDarling = statistic_of<AndersonDarling>();

}  // namespace mainspring

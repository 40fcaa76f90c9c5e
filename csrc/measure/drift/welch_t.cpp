// Welch's t: how far the means are apart.
#include <cmath>

#include "measure/drift/statistic.hpp"
#include "measure/drift/tails.hpp"

namespace mainspring {

namespace {

struct WelchT {
  static constexpr std::string_view kName = "t";
  static constexpr std::string_view kSummary =
      "Welch's t: the mean of the current data less that of the reference, in standard errors.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "(mean - mean of the reference) / sqrt(s^2 / m + s_reference^2 / n), s with ddof 1; "
          "infinite where two constants differ, 0 where they do not",
      .missing = "left out; not a number where one side has fewer than two values",
      .infinity = "left out",
      .sketch = "exact always: moments are",
      .test = "Student's law with the degrees of freedom of Welch and Satterthwaite",
      .chance = "0",
      .source = "B. L. Welch 1947, doi:10.1093/biomet/34.1-2.28",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    const ColumnSide& x = pair.reference;
    const ColumnSide& y = pair.current;
    if (x.finite < 2 || y.finite < 2) {
      return StatisticValue::none("a side has fewer than two finite values");
    }
    // Standard errors, not their squares, which may be beyond a double.
    const double first = x.deviation / std::sqrt(static_cast<double>(x.finite) - 1);
    const double second = y.deviation / std::sqrt(static_cast<double>(y.finite) - 1);
    const double error = std::hypot(first, second);
    const double difference = y.mean - x.mean;
    const bool constant = x.min == x.max && y.min == y.max;
    if (!constant && error < 1e-290) return StatisticValue::none("the values differ by too little");
    if (constant) {
      const double infinity = std::numeric_limits<double>::infinity();
      if (difference == 0) return StatisticValue::tested(0, 1);
      return StatisticValue::tested(std::copysign(infinity, difference), 0);
    }
    const double t = difference / error;
    if (!std::isfinite(t)) return StatisticValue::none("the variance is beyond a double");
    const double share = first / error * (first / error);
    const double rest = second / error * (second / error);
    const double dof = 1 / (share * share / (static_cast<double>(x.finite) - 1) +
                            rest * rest / (static_cast<double>(y.finite) - 1));
    return StatisticValue::tested(t, two_student_tails(t, dof));
  }
};

}  // namespace

extern constinit const Statistic kWelchT = statistic_of<WelchT>();

}  // namespace mainspring

// The test of two proportions, for columns of two categories.
#include <cmath>

#include "measure/drift/statistic.hpp"
#include "measure/drift/tails.hpp"
#include "measure/drift/two_by_two.hpp"

namespace mainspring {

namespace {

struct ProportionZ {
  static constexpr std::string_view kName = "proportion_z";
  static constexpr std::string_view kSummary =
      "Change of the share of a category among two, in standard errors of no change; of booleans "
      "that of true.";
  static constexpr StatisticKind kKind = StatisticKind::kTwoCategories;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "(q - p) / sqrt(s (1 - s) (1 / n + 1 / m)), p and q the shares of the category that is "
          "last in order of bytes, s that of both sides together",
      .missing = "left out; not a number where one side has no values",
      .sketch = "exact always: two categories are counted",
      .test = "the normal law, two-sided",
      .chance = "0",
      .source = "K. Pearson 1911, doi:10.1093/biomet/8.1-2.250",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const TwoByTwo table = two_by_two(pair);
    const double n = table.reference_rows;
    const double m = table.current_rows;
    const double pooled = (table.reference + table.current) / (n + m);
    const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
    if (variance <= 0) return StatisticValue::tested(0, 1);
    const double z = (table.current / m - table.reference / n) / std::sqrt(variance);
    return StatisticValue::tested(z, two_normal_tails(z));
  }
};

}  // namespace

extern constinit const Statistic kProportionZ = statistic_of<ProportionZ>();

}  // namespace mainspring

// Total variation distance: which part of the rows would have to change class.
#include <cmath>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct TotalVariation {
  static constexpr std::string_view kName = "total_variation";
  static constexpr std::string_view kSummary =
      "Total variation distance over the classes of js: the share of rows that would have to "
      "change class, in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "sum of |p - q| / 2 over the classes of js",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "sum of sqrt(p (1 - p)) sqrt((1 / n + 1 / m) / (2 pi)) over classes",
      .source = "A. L. Gibbs and F. E. Su 2002, doi:10.1111/j.1751-5823.2002.tb00178.x",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = many_classes(pair, options);
    double sum = 0;
    for (uint64_t i = 0; i < classes.size(); ++i) {
      sum += std::fabs(classes.reference[i] / classes.reference_total -
                       classes.current[i] / classes.current_total);
    }
    return StatisticValue::estimated(sum / 2, pair);
  }
};

}  // namespace

extern constinit const Statistic kTotalVariation = statistic_of<TotalVariation>();

}  // namespace mainspring

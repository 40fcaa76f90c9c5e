// The largest change of any class's share.
#include <cmath>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct LargestChange {
  static constexpr std::string_view kName = "linf";
  static constexpr std::string_view kSummary =
      "Largest change of the share of any class of js, up or down, in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "max |p - q| over the classes of js",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch =
          "of numbers, the value less and more twice the rank errors of both sides; of categories "
          "computed from the sketched counts, without an interval",
      .chance = "at most sqrt(ln(2 K) / 2 (1 / n + 1 / m)) for K classes",
      .source = "E. Breck et al. 2019, Data validation for machine learning, MLSys",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = many_classes(pair, options);
    double largest = 0;
    for (uint64_t i = 0; i < classes.size(); ++i) {
      largest = std::max(largest, std::fabs(classes.reference[i] / classes.reference_total -
                                            classes.current[i] / classes.current_total));
    }
    if (!pair.numeric()) return StatisticValue::estimated(largest, pair);
    const double error = 2 * (pair.reference.numbers.rank_error + pair.current.numbers.rank_error);
    return StatisticValue::within(largest, error, 0, 1);
  }
};

}  // namespace

extern constinit const Statistic kLargestChange = statistic_of<LargestChange>();

}  // namespace mainspring

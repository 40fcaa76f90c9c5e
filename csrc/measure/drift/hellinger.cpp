// Hellinger distance between shares.
#include <cmath>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct Hellinger {
  static constexpr std::string_view kName = "hellinger";
  static constexpr std::string_view kSummary =
      "Hellinger distance over the classes of js, in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "sqrt(sum of (sqrt(p) - sqrt(q))^2 / 2) over the classes of js",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "about sqrt((K - 1) / 8 (1 / n + 1 / m)) for K classes that are not rare",
      .source = "E. Hellinger 1909, doi:10.1515/crll.1909.136.210",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = many_classes(pair, options);
    double sum = 0;
    for (uint64_t i = 0; i < classes.size(); ++i) {
      const double gap = std::sqrt(classes.reference[i] / classes.reference_total) -
                         std::sqrt(classes.current[i] / classes.current_total);
      sum += gap * gap;
    }
    return StatisticValue::estimated(std::sqrt(sum / 2), pair);
  }
};

}  // namespace

extern constinit const Statistic kHellinger = statistic_of<Hellinger>();

}  // namespace mainspring

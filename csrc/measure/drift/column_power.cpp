// How well a column alone tells the two sides apart: the area under the curve of a tree on it.
#include <algorithm>
#include <numeric>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct ColumnPower {
  static constexpr std::string_view kName = "column_auc";
  static constexpr std::string_view kSummary =
      "Area under the ROC curve of a tree that tells the sides apart by this column alone, a leaf "
      "for each class of psi; from 0.5 to 1.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "P(current leaf > reference leaf) + P(equal) / 2, leaves in order of the share of "
          "current "
          "rows in them",
      .missing = "a leaf of their own",
      .infinity = "in the first or the last decile",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "0.5 + about sqrt(K (1 / n + 1 / m) / (4 pi)) for K leaves as large as each other",
      .source =
          "J. A. Hanley and B. J. McNeil 1982, doi:10.1148/radiology.143.1.7063747 (the area); D. "
          "Lopez-Paz and M. Oquab 2017, Revisiting classifier two-sample tests",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies leaves = few_classes(pair, options);
    std::vector<size_t> order(leaves.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return leaves.current[a] * leaves.reference[b] < leaves.current[b] * leaves.reference[a];
    });
    double below = 0;
    double area = 0;
    for (const size_t leaf : order) {
      area += leaves.current[leaf] * (below + leaves.reference[leaf] / 2);
      below += leaves.reference[leaf];
    }
    area /= leaves.reference_total * leaves.current_total;
    return StatisticValue::estimated(std::clamp(area, 0.5, 1.0), pair);
  }
};

}  // namespace

extern constinit const Statistic kColumnPower = statistic_of<ColumnPower>();

}  // namespace mainspring

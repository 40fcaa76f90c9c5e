// How well a column alone tells the two sides apart: the area under the curve of a tree on it.
#include <algorithm>
#include <vector>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

// Rows of one side in a leaf, and the leaf's share of current rows once one of them is left out.
struct Scored {
  double share;
  double rows;
};

// A leaf that the row was alone in says what all of them say.
double share_of(double current, double reference, double all) {
  const double rows = current + reference;
  return rows > 0 ? current / rows : all;
}

std::vector<Scored> by_share(std::vector<Scored> leaves) {
  std::sort(leaves.begin(), leaves.end(),
            [](const Scored& a, const Scored& b) { return a.share < b.share; });
  return leaves;
}

struct ColumnPower {
  static constexpr std::string_view kName = "column_auc";
  static constexpr std::string_view kSummary =
      "Area under the ROC curve of a tree that tells the sides apart by this column alone, a leaf "
      "for each class of psi, cross-fitted; from 0.5 to 1.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "over all pairs of a current and a reference row: the share where the current row's leaf "
          "scores higher, and half of that where both score alike; a leaf scores the share of "
          "current rows in it without the two, or of all where none is left; at least 0.5",
      .missing = "a leaf of their own",
      .infinity = "in the first or the last decile",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "0.5, before it is held to that at least",
      .source =
          "A. Airola, T. Pahikkala, W. Waegeman, B. De Baets and T. Salakoski 2011, "
          "doi:10.1016/j.csda.2010.11.018 (a pair left out); D. Lopez-Paz and M. Oquab 2017, "
          "Revisiting classifier two-sample tests",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies leaves = few_classes(pair, options);
    const double n = leaves.reference_total, m = leaves.current_total;
    const double all = share_of(m - 1, n - 1, 0.5);
    std::vector<Scored> current, reference;
    double area = 0;  // twice the pairs that are won, ties as one half
    for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
      const double c = leaves.current[leaf], r = leaves.reference[leaf];
      const double without_current = share_of(std::max(0.0, c - 1), r, all);
      const double without_reference = share_of(c, std::max(0.0, r - 1), all);
      if (c > 0) current.push_back({without_current, c});
      if (r > 0) reference.push_back({without_reference, r});
      // Two rows of one leaf score alike: take back what the walk below gives them.
      const double walked = without_current > without_reference    ? 2
                            : without_current == without_reference ? 1
                                                                   : 0;
      area += c * r * (1 - walked);
    }
    current = by_share(std::move(current));
    reference = by_share(std::move(reference));
    double below = 0;  // reference rows that score less
    size_t next = 0;
    for (const Scored& leaf : current) {
      for (; next < reference.size() && reference[next].share < leaf.share; ++next) {
        below += reference[next].rows;
      }
      double alike = 0;
      for (size_t i = next; i < reference.size() && reference[i].share == leaf.share; ++i) {
        alike += reference[i].rows;
      }
      area += leaf.rows * (2 * below + alike);
    }
    return StatisticValue::estimated(std::clamp(area / (2 * n * m), 0.5, 1.0), pair);
  }
};

}  // namespace

extern constinit const Statistic kColumnPower = statistic_of<ColumnPower>();

}  // namespace mainspring

// Cramer's V: how strongly a category tells which side a row is from.
#include <cmath>

#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct CramersV {
  static constexpr std::string_view kName = "cramers_v";
  static constexpr std::string_view kSummary =
      "Cramer's V of the 2 x K table of categories, rare ones folded, its bias removed; in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kCategorical;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "sqrt(max(0, f - (K - 1) / (N - 1)) / min(K' - 1, r' - 1)), f = Pearson's chi-squared / "
          "N without Yates' correction, K' = K - (K - 1)^2 / (N - 1), r' = 2 - 1 / (N - 1)",
      .missing = "a class of their own",
      .sketch = "counts are moved within their errors until both sides are as alike as they can be",
      .chance = "0 in about half of all samples, else what chance brought beyond its mean",
      .source = "W. Bergsma 2013, doi:10.1016/j.jkss.2012.10.002",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies& classes = pair.folded;
    const double n = classes.reference_total;
    const double m = classes.current_total;
    const auto num_classes = static_cast<double>(classes.size());
    const double all = n + m;
    if (num_classes < 2 || all <= 2) return StatisticValue::at_least(0, pair);
    double squared = 0;  // over N
    for (uint64_t i = 0; i < classes.size(); ++i) {
      const double gap = classes.reference[i] / n - classes.current[i] / m;
      squared += gap * gap / (classes.reference[i] + classes.current[i]);
    }
    squared *= n / all * m;
    const double excess = squared - (num_classes - 1) / (all - 1);
    const double columns = num_classes - (num_classes - 1) * (num_classes - 1) / (all - 1);
    const double rows = 2 - 1 / (all - 1);
    const double room = std::min(columns, rows) - 1;
    if (excess <= 0 || room <= 0) return StatisticValue::at_least(0, pair);
    return StatisticValue::at_least(std::min(1.0, std::sqrt(excess / room)), pair);
  }
};

}  // namespace

extern constinit const Statistic kCramersV = statistic_of<CramersV>();

}  // namespace mainspring

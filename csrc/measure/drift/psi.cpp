// Population stability index: the symmetric Kullback-Leibler divergence of credit practice.
#include <cmath>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

// Half a count in every class keeps empty classes finite and bounded.
double index_of(const Frequencies& classes) {
  const double half = 0.5 * static_cast<double>(classes.size());
  double sum = 0;
  for (uint64_t i = 0; i < classes.size(); ++i) {
    const double p = (classes.reference[i] + 0.5) / (classes.reference_total + half);
    const double q = (classes.current[i] + 0.5) / (classes.current_total + half);
    sum += (q - p) * std::log(q / p);
  }
  return sum;
}

struct Psi {
  static constexpr std::string_view kName = "psi";
  static constexpr std::string_view kSummary =
      "Population stability index over reference deciles or categories, missing rows as a class "
      "of their own, half a count added to each class.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "sum of (q - p) ln(q / p) over B classes, p and q their shares (count + 0.5) / (n + 0.5 "
          "B); classes are reference deciles (equal edges merged, a value on an edge lies below "
          "it) or folded categories",
      .missing = "a class of their own",
      .infinity = "in the first or the last decile",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "(B - 1) (1 / n + 1 / m)",
      .source = "H. Jeffreys 1946, doi:10.1098/rspa.1946.0056",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    return StatisticValue::estimated(index_of(few_classes(pair, options)), pair);
  }
};

struct PsiExcess {
  static constexpr std::string_view kName = "psi_excess";
  static constexpr std::string_view kSummary =
      "psi less what two samples of one population show on average: (B - 1) (1 / n + 1 / m).";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula = "psi - (B - 1) (1 / n + 1 / m)",
      .missing = "a class of their own",
      .infinity = "as psi",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "0",
      .source =
          "B. Yurdakul and J. Naranjo 2020, Statistical properties of the population stability "
          "index",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = few_classes(pair, options);
    const double noise = (static_cast<double>(classes.size()) - 1) *
                         (1 / classes.reference_total + 1 / classes.current_total);
    return StatisticValue::estimated(index_of(classes) - noise, pair);
  }
};

}  // namespace

extern constinit const Statistic kPsi = statistic_of<Psi>();
extern constinit const Statistic kPsiExcess = statistic_of<PsiExcess>();

}  // namespace mainspring

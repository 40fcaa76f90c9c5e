// Kullback-Leibler divergence: what coding the current data by the reference costs.
#include <cmath>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct KullbackLeibler {
  static constexpr std::string_view kName = "kl";
  static constexpr std::string_view kSummary =
      "Kullback-Leibler divergence of the current data from the reference, in nats, over the "
      "classes of psi, half a count added to each.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "sum of q ln(q / p) over B classes, p and q the smoothed shares of psi",
      .missing = "a class of their own",
      .infinity = "in the first or the last decile",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "(B - 1) / 2 (1 / n + 1 / m)",
      .source = "S. Kullback and R. A. Leibler 1951, doi:10.1214/aoms/1177729694",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = few_classes(pair, options);
    const double half = 0.5 * static_cast<double>(classes.size());
    double sum = 0;
    for (uint64_t i = 0; i < classes.size(); ++i) {
      const double p = (classes.reference[i] + 0.5) / (classes.reference_total + half);
      const double q = (classes.current[i] + 0.5) / (classes.current_total + half);
      sum += q * std::log(q / p) - (q - p);  // the shares' differences sum to 0: no cancellation
    }
    return StatisticValue::estimated(std::max(sum, 0.0), pair);
  }
};

}  // namespace

extern constinit const Statistic kKullbackLeibler = statistic_of<KullbackLeibler>();

}  // namespace mainspring

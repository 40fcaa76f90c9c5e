// Jensen-Shannon distance: the square root of the divergence of Lin (1991,
// doi:10.1109/18.61115), base 2, in [0, 1].
#include <algorithm>
#include <cmath>
#include <numbers>

#include "measure/drift/drift_classes.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

// In nats.
double divergence(const Frequencies& classes) {
  double sum = 0;
  for (uint64_t i = 0; i < classes.size(); ++i) {
    const double p = classes.reference[i] / classes.reference_total;
    const double q = classes.current[i] / classes.current_total;
    const double middle = 0.5 * (p + q);
    if (p > 0) sum += 0.5 * p * std::log(p / middle);
    if (q > 0) sum += 0.5 * q * std::log(q / middle);
  }
  return std::max(sum, 0.0);
}

double distance(double nats) { return std::sqrt(std::max(nats, 0.0) / std::numbers::ln2); }

struct Js {
  static constexpr std::string_view kName = "js";
  static constexpr std::string_view kSummary =
      "Jensen-Shannon distance, base 2, over reference categories, unseen and missing, or over "
      "equally filled reference bins; in [0, 1]. Grows with the number of classes over rows.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "sqrt(H((p + q) / 2) - H(p) / 2 - H(q) / 2), H the entropy in bits; classes are the "
          "reference's categories and unseen, or 2 min(n, m)^(2/5) equally filled reference bins, "
          "10 to max_bins of them",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "about sqrt((K - 1) / 8 (1 / n + 1 / m) / ln 2) for K classes that are not rare",
      .source = "J. Lin 1991, doi:10.1109/18.61115",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    return StatisticValue::estimated(distance(divergence(many_classes(pair, options))), pair);
  }
};

struct JsDivergence {
  static constexpr std::string_view kName = "js_divergence";
  static constexpr std::string_view kSummary =
      "Jensen-Shannon divergence to the base js_base, over the classes of js: its square where the "
      "base is 2.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "H((p + q) / 2) - H(p) / 2 - H(q) / 2, H the entropy to the base js_base; its root to "
          "the base e is what SciPy and Evidently call the distance",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch = "computed from the sketched ranks or counts, without an interval",
      .chance = "(K - 1) / 8 (1 / n + 1 / m) / ln js_base for K classes that are not rare",
      .source = "J. Lin 1991, doi:10.1109/18.61115",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    return StatisticValue::estimated(
        divergence(many_classes(pair, options)) / std::log(options.js_base), pair);
  }
};

struct JsDebiased {
  static constexpr std::string_view kName = "js_debiased";
  static constexpr std::string_view kSummary =
      "Jensen-Shannon distance, base 2, rare categories folded and the divergence that chance "
      "alone brings, (K - 1) / 8 (1 / n + 1 / m), taken away; in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "js over folded categories, or over the same bins, where (K - 1) / 8 (1 / n + 1 / m) "
          "nats of K classes are first taken from the divergence; not below 0",
      .missing = "a class of their own",
      .infinity = "in the first or the last bin",
      .sketch =
          "of numbers as js; of categories, counts are moved within their errors until both sides "
          "are as alike as they can be",
      .test = "that of chi2, for categories",
      .chance = "0 in about half of all samples, else what chance brought beyond its mean",
      .source = "J. Lin 1991, doi:10.1109/18.61115",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies classes = folded_classes(pair, options);
    const double chance = (static_cast<double>(classes.size()) - 1) / 8 *
                          (1 / classes.reference_total + 1 / classes.current_total);
    const double value = distance(divergence(classes) - chance);
    return pair.categorical() ? StatisticValue::at_least(value, pair)
                              : StatisticValue::estimated(value, pair);
  }
};

}  // namespace

extern constinit const Statistic kJs = statistic_of<Js>();
extern constinit const Statistic kJsDivergence = statistic_of<JsDivergence>();
extern constinit const Statistic kJsDebiased = statistic_of<JsDebiased>();

}  // namespace mainspring

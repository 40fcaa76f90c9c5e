// How well scores order rows, in memory that does not grow with them.
#include <limits>

#include "measure/quality/score_histogram.hpp"

namespace mainspring {

namespace {

struct RocAucHistogram {
  using State = ScoreHistogram;
  static constexpr std::string_view kName = "roc_auc_histogram";
  static constexpr std::string_view kSummary =
      "ROC AUC of scores in [0, 1] that were counted in 16,384 equal bins: bounded "
      "memory, and the interval that holds the exact value.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "as roc_auc, scores in one bin taken for ties; low and high are the AUCs with "
          "all such pairs in the wrong, and in the right order",
      .range = "0 to 1; 0.5 for chance",
      .source = "as roc_auc",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    double positive = 0, negative = 0, in_order = 0, tied = 0;
    for (size_t bin = 0; bin < found.positive.size(); ++bin) {
      in_order += found.positive[bin] * negative;
      tied += found.positive[bin] * found.negative[bin];
      negative += found.negative[bin];
      positive += found.positive[bin];
    }
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    const double pairs = positive * negative;
    if (!(pairs > 0)) return MetricValue::because(kNan, "All rows are of one class.");
    return {(in_order + 0.5 * tied) / pairs, in_order / pairs, (in_order + tied) / pairs};
  }
};

}  // namespace

extern constinit const MetricEntry kRocAucHistogram = metric_of<RocAucHistogram>();

}  // namespace mainspring

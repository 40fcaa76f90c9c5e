// Harmonic mean of precision and recall.
#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct F1 {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "f1";
  static constexpr std::string_view kSummary = "Harmonic mean of precision and recall.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "2 rows with predicted = label = class / (rows with predicted = class + rows with label "
          "= class)",
      .range = "0 to 1",
      .source = "as sklearn.metrics.f1_score; C. J. van Rijsbergen 1979, Information Retrieval",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    std::vector<double> by_class(found.num_classes, 0);
    double hits = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) {
      const double hit = found.cell(of, of);
      hits += hit;
      const double cases = found.predicted[of] + found.labelled[of];
      by_class[of] = cases > 0 ? 2 * hit / cases : 0;
    }
    MetricValue value = average_classes(found, std::move(by_class), hits / found.total, options);
    if (value.value == 0 && value.reason.empty()) {
      value.reason = "No positive row was predicted as one.";
    }
    return value;
  }
};

}  // namespace

extern constinit const MetricEntry kF1 = metric_of<F1>();

}  // namespace mainspring

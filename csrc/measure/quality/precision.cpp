// Share of the rows predicted as a class that have it.
#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct Precision {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "precision";
  static constexpr std::string_view kSummary =
      "Share of the rows predicted as a class that have it.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "rows with predicted = label = class / rows with predicted = class; a class that is "
          "never predicted counts 0",
      .range = "0 to 1",
      .source = "as sklearn.metrics.precision_score",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    std::vector<double> by_class(found.num_classes, 0);
    double hits = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) {
      const double hit = found.cell(of, of);
      hits += hit;
      const double cases = found.predicted[of];
      by_class[of] = cases > 0 ? hit / cases : 0;
    }
    MetricValue value = average_classes(found, std::move(by_class), hits / found.total, options);
    if (value.value == 0 && value.reason.empty()) {
      value.reason = "No row that was predicted as positive is: 0 by convention where none was.";
    }
    return value;
  }
};

}  // namespace

extern constinit const MetricEntry kPrecision = metric_of<Precision>();

}  // namespace mainspring

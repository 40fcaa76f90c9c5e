// Share of the rows whose class is predicted.
#include <limits>

#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct Accuracy {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "accuracy";
  static constexpr std::string_view kSummary = "Share of the rows whose class is predicted.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula = "rows with predicted = label / rows",
      .range = "0 to 1",
      .source = "as sklearn.metrics.accuracy_score",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    double right = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) right += found.cell(of, of);
    if (!(found.total > 0)) {
      return MetricValue::because(std::numeric_limits<double>::quiet_NaN(), "There are no rows.");
    }
    return MetricValue::of(right / found.total);
  }
};

}  // namespace

extern constinit const MetricEntry kAccuracy = metric_of<Accuracy>();

}  // namespace mainspring

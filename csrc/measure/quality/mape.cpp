// How far predictions are off, in shares of the label.
#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct Mape {
  using State = ErrorSums;
  static constexpr std::string_view kName = "mape";
  static constexpr std::string_view kSummary = "Mean absolute error relative to the label.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula = "mean of |prediction - label| / max(|label|, 2.2e-16)",
      .range = "0 upwards; immense where labels are 0",
      .source = "as sklearn.metrics.mean_absolute_percentage_error",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return State::mean_or_reason(found, found.relative);
  }
};

}  // namespace

extern constinit const MetricEntry kMape = metric_of<Mape>();

}  // namespace mainspring

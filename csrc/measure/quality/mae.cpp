// How far predictions are off.
#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct Mae {
  using State = ErrorSums;
  static constexpr std::string_view kName = "mae";
  static constexpr std::string_view kSummary = "Mean absolute error.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula = "mean of |prediction - label|",
      .range = "0 upwards, in the unit of the label",
      .source = "as sklearn.metrics.mean_absolute_error",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return State::mean_or_reason(found, found.absolute);
  }
};

}  // namespace

extern constinit const MetricEntry kMae = metric_of<Mae>();

}  // namespace mainspring

// Whether predictions are too high or too low on the whole.
#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct MeanError {
  using State = ErrorSums;
  static constexpr std::string_view kName = "mean_error";
  static constexpr std::string_view kSummary =
      "Mean error: above 0 where predictions are too high on the whole.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 0;
  static constexpr MetricNotes kNotes{
      .formula = "mean of (prediction - label)",
      .range = "0 for no bias, in the unit of the label",
      .source = "the bias of predictions",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return State::mean_or_reason(found, found.error);
  }
};

}  // namespace

extern constinit const MetricEntry kMeanError = metric_of<MeanError>();

}  // namespace mainspring

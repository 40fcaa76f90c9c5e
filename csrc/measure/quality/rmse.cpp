// How far predictions are off, large errors above all.
#include <cmath>

#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct Rmse {
  using State = ErrorSums;
  static constexpr std::string_view kName = "rmse";
  static constexpr std::string_view kSummary = "Root of the mean squared error.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula = "sqrt(mean of (prediction - label)^2)",
      .range = "0 upwards, in the unit of the label",
      .source = "as sklearn.metrics.root_mean_squared_error",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return State::mean_or_reason(found, std::sqrt(found.square));
  }
};

}  // namespace

extern constinit const MetricEntry kRmse = metric_of<Rmse>();

}  // namespace mainspring

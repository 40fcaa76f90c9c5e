// What predictions explain.
#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct R2 {
  using State = ErrorSums;
  static constexpr std::string_view kName = "r2";
  static constexpr std::string_view kSummary =
      "Share of the variance of the label that predictions explain.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "1 - sum of squared errors / sum of squared differences of the label from its "
          "mean",
      .range = "1 downwards; 0 for the mean",
      .source =
          "as sklearn.metrics.r2_score; the variance from exact sums, so that a large "
          "mean costs no digits",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    const MetricValue checked = State::mean_or_reason(found, 1);
    if (!checked.reason.empty()) return checked;
    if (found.variance > 0) return MetricValue::of(1 - found.square / found.variance);
    return MetricValue::because(found.square > 0 ? 0 : 1,
                                "Every label is the same: by convention 1 where every prediction "
                                "is right, else 0.");
  }
};

}  // namespace

extern constinit const MetricEntry kR2 = metric_of<R2>();

}  // namespace mainspring

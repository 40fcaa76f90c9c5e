// Whether scores are too high or too low on the whole.
#include "measure/quality/calibration_line.hpp"

namespace mainspring {

namespace {

struct CalibrationIntercept {
  using State = ScoreLists;
  static constexpr std::string_view kName = "calibration_intercept";
  static constexpr std::string_view kSummary =
      "Intercept of the same regression: above 0 where positive rows are more "
      "frequent than scored.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 0;
  static constexpr MetricNotes kNotes{
      .formula = "a of P(positive) = 1 / (1 + exp(-(a + b logit(score)))) by maximum likelihood",
      .range = "0 for right probabilities",
      .source = "D. R. Cox 1958, doi:10.1093/biomet/45.3-4.562",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    return line_metric(found, options, [](const CalibrationLine& line) { return line.intercept; });
  }
};

}  // namespace

extern constinit const MetricEntry kCalibrationIntercept = metric_of<CalibrationIntercept>();

}  // namespace mainspring

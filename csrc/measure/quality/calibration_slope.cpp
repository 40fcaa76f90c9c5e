// Whether scores are too extreme or too timid.
#include "measure/quality/calibration_line.hpp"

namespace mainspring {

namespace {

struct CalibrationSlope {
  using State = ScoreLists;
  static constexpr std::string_view kName = "calibration_slope";
  static constexpr std::string_view kSummary =
      "Slope of a logistic regression of the label on the logit of the score: below 1 "
      "where scores are too extreme.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 0;
  static constexpr MetricNotes kNotes{
      .formula =
          "b of P(positive) = 1 / (1 + exp(-(a + b logit(score)))) by maximum likelihood; "
          "scores are clipped to [2.2e-16, 1 - 2.2e-16]",
      .range = "1 for right probabilities",
      .source = "D. R. Cox 1958, doi:10.1093/biomet/45.3-4.562",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    return line_metric(found, options, [](const CalibrationLine& line) { return line.slope; });
  }
};

}  // namespace

extern constinit const MetricEntry kCalibrationSlope = metric_of<CalibrationSlope>();

}  // namespace mainspring

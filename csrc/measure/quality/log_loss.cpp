// What it costs to be sure and wrong.
#include <limits>

#include "measure/quality/probability_losses.hpp"

namespace mainspring {

namespace {

struct LogLoss {
  using State = ProbabilityLosses;
  static constexpr std::string_view kName = "log_loss";
  static constexpr std::string_view kSummary =
      "Mean negative logarithm of the probability that was given to the label.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula = "mean of -ln p(label); p is clipped to [2.2e-16, 1 - 2.2e-16]",
      .range = "0 upwards",
      .source =
          "as sklearn.metrics.log_loss; I. J. Good 1952, "
          "doi:10.1111/j.2517-6161.1952.tb00104.x",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    if (!(found.weight > 0)) return MetricValue::because(kNan, "There are no rows.");
    return MetricValue::of(found.log_loss / found.weight);
  }
};

}  // namespace

extern constinit const MetricEntry kLogLoss = metric_of<LogLoss>();

}  // namespace mainspring

// How far probabilities are from what happened, squared.
#include <limits>

#include "measure/quality/probability_losses.hpp"

namespace mainspring {

namespace {

struct Brier {
  using State = ProbabilityLosses;
  static constexpr std::string_view kName = "brier";
  static constexpr std::string_view kSummary =
      "Mean square of the difference of probability and label.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula =
          "mean of (p - y)^2 for two classes; for more, mean of the sum over classes of "
          "(p - [label = class])^2",
      .range = "0 to 1; 0 to 2 for more than two classes",
      .source =
          "as sklearn.metrics.brier_score_loss; G. W. Brier 1950, "
          "doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    if (!(found.weight > 0)) return MetricValue::because(kNan, "There are no rows.");
    return MetricValue::of(found.squares / found.weight);
  }
};

}  // namespace

extern constinit const MetricEntry kBrier = metric_of<Brier>();

}  // namespace mainspring

// How good a predicted quantile is.
#include "measure/quality/error_sums.hpp"

namespace mainspring {

namespace {

struct QuantileLoss {
  using State = ErrorSums;
  static constexpr std::string_view kName = "quantile_loss";
  static constexpr std::string_view kSummary = "Mean pinball loss at a quantile.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRegression);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula =
          "mean of q (label - prediction) where that is positive, else (1 - q) "
          "(prediction - label); q is the option quantile",
      .range = "0 upwards, in the unit of the label",
      .source =
          "as sklearn.metrics.mean_pinball_loss; R. Koenker and G. Bassett 1978, "
          "doi:10.2307/1913643",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return State::mean_or_reason(found, found.pinball);
  }
};

}  // namespace

extern constinit const MetricEntry kQuantileLoss = metric_of<QuantileLoss>();

}  // namespace mainspring

// Calibration error without the part that chance explains.
#include <cmath>
#include <numbers>

#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct EceExcess {
  using State = ScoreLists;
  static constexpr std::string_view kName = "ece_excess";
  static constexpr std::string_view kSummary =
      "ece less what chance alone brings when every probability is right.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula =
          "ece - sum over bins of sqrt(2 / pi sum p (1 - p)) / all rows, the mean of "
          "|share - mean score| of right probabilities, by the normal law",
      .range = "-1 to 1; about 0 for right probabilities",
      .source =
          "the half-normal mean; T. Broecker 2009, doi:10.1002/qj.456, on the bias of "
          "such sums",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    return average_ranked(found, options, [&](const RankedScores& ranked) {
      const double rows = ranked.positive + ranked.negative;
      double sum = 0;
      for (const ReliabilityBin& bin : reliability_bins(ranked, options.num_bins)) {
        const double chance = std::sqrt(2 / std::numbers::pi * bin.spread) / bin.rows;
        sum += bin.rows / rows * (std::fabs(bin.positive - bin.score) - chance);
      }
      return sum;
    });
  }
};

}  // namespace

extern constinit const MetricEntry kEceExcess = metric_of<EceExcess>();

}  // namespace mainspring

// How far probabilities are from what happens.
#include <cmath>

#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct Ece {
  using State = ScoreLists;
  static constexpr std::string_view kName = "ece";
  static constexpr std::string_view kSummary =
      "Expected calibration error over num_bins equally filled bins: how far "
      "predicted probabilities are from shares.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = -1;
  static constexpr MetricNotes kNotes{
      .formula =
          "sum over bins of rows / all rows |share of positive rows - mean score|; rows "
          "of equal scores stay in one bin",
      .range = "0 to 1",
      .source =
          "M. P. Naeini, G. Cooper and M. Hauskrecht 2015, AAAI 29(1); equally filled "
          "bins: K. Nguyen and B. O'Connor 2015, doi:10.18653/v1/D15-1182",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (!found.probabilities) return MetricValue::because(kNan, "Scores are not in [0, 1].");
    return average_ranked(found, options, [&](const RankedScores& ranked) {
      const double rows = ranked.positive + ranked.negative;
      double sum = 0;
      for (const ReliabilityBin& bin : reliability_bins(ranked, options.num_bins)) {
        sum += bin.rows / rows * std::fabs(bin.positive - bin.score);
      }
      return sum;
    });
  }
};

}  // namespace

extern constinit const MetricEntry kEce = metric_of<Ece>();

}  // namespace mainspring

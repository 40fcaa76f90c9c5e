// How far apart the scores of two classes lie.
#include <algorithm>
#include <cmath>

#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct ScoreKs {
  using State = ScoreLists;
  static constexpr std::string_view kName = "ks";
  static constexpr std::string_view kSummary =
      "Largest difference of the distribution functions of the scores of positive and "
      "of negative rows.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula = "max over thresholds of |recall - false positive rate|",
      .range = "0 to 1",
      .source = "the statistic of scipy.stats.ks_2samp; N. Smirnov 1939",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    return average_ranked(found, options, [](const RankedScores& ranked) {
      double largest = 0, positive = 0, negative = 0;
      for (const ScoreRun& run : ranked.runs) {
        positive += run.positive;
        negative += run.negative;
        largest =
            std::max(largest, std::fabs(positive / ranked.positive - negative / ranked.negative));
      }
      return largest;
    });
  }
};

}  // namespace

extern constinit const MetricEntry kScoreKs = metric_of<ScoreKs>();

}  // namespace mainspring

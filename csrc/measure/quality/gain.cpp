// What the best rows hold of all that is looked for.
#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct Gain {
  using State = ScoreLists;
  static constexpr std::string_view kName = "gain";
  static constexpr std::string_view kSummary =
      "Share of all positive rows that are among the top_share of rows with the "
      "highest scores.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "positive rows among the top / positive rows; ties at its end count in "
          "proportion",
      .range = "0 to 1; top_share for chance",
      .source = "M. J. A. Berry and G. Linoff 1997, Data Mining Techniques (cumulative gains)",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    const auto gain = [&](const RankedScores& ranked) {
      return hits_at(ranked, options.top_share) / ranked.positive;
    };
    return average_ranked(found, options, gain);
  }
};

}  // namespace

extern constinit const MetricEntry kGain = metric_of<Gain>();

}  // namespace mainspring

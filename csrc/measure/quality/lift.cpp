// How much richer the best rows are than all.
#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct Lift {
  using State = ScoreLists;
  static constexpr std::string_view kName = "lift";
  static constexpr std::string_view kSummary =
      "How many times more frequent positive rows are among the top_share of rows "
      "with the highest scores than among all.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula = "gain / top_share",
      .range = "0 to 1 / top_share; 1 for chance",
      .source = "M. J. A. Berry and G. Linoff 1997, Data Mining Techniques",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    const auto lift = [&](const RankedScores& ranked) {
      return hits_at(ranked, options.top_share) / ranked.positive / options.top_share;
    };
    return average_ranked(found, options, lift);
  }
};

}  // namespace

extern constinit const MetricEntry kLift = metric_of<Lift>();

}  // namespace mainspring

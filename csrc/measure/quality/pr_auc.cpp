// Precision over all recalls.
#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct PrAuc {
  using State = ScoreLists;
  static constexpr std::string_view kName = "pr_auc";
  static constexpr std::string_view kSummary =
      "Average precision: the area under the precision-recall curve, in steps.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula = "sum over scores, descending, of (recall - recall before) precision",
      .range = "0 to 1; the share of positive rows for chance",
      .source =
          "as sklearn.metrics.average_precision_score; J. Davis and M. Goadrich 2006, "
          "doi:10.1145/1143844.1143874, on why not trapezoids",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    return average_ranked(found, options, [](const RankedScores& ranked) {
      double area = 0, hits = 0, rows = 0;
      for (const ScoreRun& run : ranked.runs) {
        hits += run.positive;
        rows += run.positive + run.negative;
        area += run.positive / ranked.positive * (hits / rows);
      }
      return area;
    });
  }
};

}  // namespace

extern constinit const MetricEntry kPrAuc = metric_of<PrAuc>();

}  // namespace mainspring

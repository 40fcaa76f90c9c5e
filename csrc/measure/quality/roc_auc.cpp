// How well scores order rows, exactly.
#include "measure/quality/score_lists.hpp"

namespace mainspring {

namespace {

struct RocAuc {
  using State = ScoreLists;
  static constexpr std::string_view kName = "roc_auc";
  static constexpr std::string_view kSummary =
      "Area under the ROC curve: how often a row of the class is scored above one "
      "that is not.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = true;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "share of the pairs of a positive and a negative row whose scores are in that "
          "order, ties half; of many classes, the average over one against the rest",
      .range = "0 to 1; 0.5 for chance",
      .source =
          "as sklearn.metrics.roc_auc_score (multi_class='ovr'); J. A. Hanley and B. J. "
          "McNeil 1982, doi:10.1148/radiology.143.1.7063747",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    return average_ranked(found, options, &area_under_roc);
  }
};

}  // namespace

extern constinit const MetricEntry kRocAuc = metric_of<RocAuc>();

}  // namespace mainspring

// Share of the rows of a class that are predicted as it.
#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct Recall {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "recall";
  static constexpr std::string_view kSummary =
      "Share of the rows of a class that are predicted as it.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "rows with predicted = label = class / rows with label = class; a class without rows "
          "counts 0",
      .range = "0 to 1",
      .source = "as sklearn.metrics.recall_score",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    std::vector<double> by_class(found.num_classes, 0);
    double hits = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) {
      const double hit = found.cell(of, of);
      hits += hit;
      const double cases = found.labelled[of];
      by_class[of] = cases > 0 ? hit / cases : 0;
    }
    MetricValue value = average_classes(found, std::move(by_class), hits / found.total, options);
    if (value.value == 0 && value.reason.empty()) {
      value.reason = "No positive row was predicted as one: 0 by convention where there is none.";
    }
    return value;
  }
};

}  // namespace

extern constinit const MetricEntry kRecall = metric_of<Recall>();

}  // namespace mainspring

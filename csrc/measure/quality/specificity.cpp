// Share of the rows of other classes that are not predicted as a class.
#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct Specificity {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "specificity";
  static constexpr std::string_view kSummary =
      "Share of the rows of other classes that are not predicted as a class.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "rows with predicted and label other than class / rows with label other than class; 0 "
          "without such rows",
      .range = "0 to 1",
      .source =
          "the recall of the other classes as sklearn.metrics.recall_score(pos_label=0) has it",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    std::vector<double> by_class(found.num_classes, 0);
    double hits = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) {
      const double hit = found.cell(of, of);
      hits += hit;
      const double cases = found.total - found.labelled[of];
      by_class[of] =
          cases > 0 ? (found.total - found.labelled[of] - found.predicted[of] + hit) / cases : 0;
    }
    // Over all classes: a row that is right is right about each other class, one that is wrong
    // about all but two.
    const double others = found.num_classes - 1.0;
    const double micro = others > 0 ? 1 - (found.total - hits) / (found.total * others) : 0;
    MetricValue value = average_classes(found, std::move(by_class), micro, options);
    if (value.value == 0 && value.reason.empty()) {
      value.reason = "No negative row was predicted as one: 0 by convention where there is none.";
    }
    return value;
  }
};

}  // namespace

extern constinit const MetricEntry kSpecificity = metric_of<Specificity>();

}  // namespace mainspring

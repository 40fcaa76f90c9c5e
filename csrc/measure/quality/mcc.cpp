// Matthews' correlation of labels and predicted classes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/quality/confusion_counts.hpp"

namespace mainspring {

namespace {

struct Mcc {
  using State = ConfusionCounts;
  static constexpr std::string_view kName = "mcc";
  static constexpr std::string_view kSummary =
      "Matthews' correlation of labels and predicted classes.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kBinary, QualityTask::kMulticlass);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "(c s - sum p t) / sqrt((s^2 - sum p^2)(s^2 - sum t^2)): c right rows of s, p predicted "
          "and t labelled rows of each class; 0 where the root is",
      .range = "-1 to 1; 0 for chance",
      .source =
          "as sklearn.metrics.matthews_corrcoef; J. Gorodkin 2004, "
          "doi:10.1016/j.compbiolchem.2004.09.006",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    const double rows = found.total;
    if (!(rows > 0)) {
      return MetricValue::because(std::numeric_limits<double>::quiet_NaN(), "There are no rows.");
    }
    // In shares, so that no square leaves the range of doubles.
    double right = 0, chance = 0, guessed = 0, labelled = 0;
    for (uint32_t of = 0; of < found.num_classes; ++of) {
      const double p = found.predicted[of] / rows, t = found.labelled[of] / rows;
      right += found.cell(of, of) / rows;
      chance += p * t;
      guessed += p * p;
      labelled += t * t;
    }
    const bool one_guess =
        std::ranges::any_of(found.predicted, [&](double count) { return count == rows; });
    const bool one_label =
        std::ranges::any_of(found.labelled, [&](double count) { return count == rows; });
    if (one_guess || one_label) {
      return MetricValue::because(0, "All rows are of one class, or predicted as one.");
    }
    return MetricValue::of((right - chance) / std::sqrt((1 - guessed) * (1 - labelled)));
  }
};

}  // namespace

extern constinit const MetricEntry kMcc = metric_of<Mcc>();

}  // namespace mainspring

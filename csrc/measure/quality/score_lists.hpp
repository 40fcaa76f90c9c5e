// Every score of every row, sorted when it is asked for: the state of metrics that rank rows.
#pragma once
#include <limits>

#include "measure/quality/metric.hpp"

namespace mainspring {

/// Rows with equal scores.
struct ScoreRun {
  double score;
  double positive, negative;  // their weight
};

/// One class against the others; of two classes only the positive one.
struct RankedScores {
  std::vector<ScoreRun> runs;  // scores descending
  double positive = 0, negative = 0;
};

/// Memory: 8 bytes for each row and score, 16 with weights; another 16 while it is summarised.
class ScoreLists {
 public:
  static constexpr std::string_view kName = "scores";

  struct Summary {
    QualityTask task = QualityTask::kBinary;
    std::vector<RankedScores> classes;  // in the order of the scores
    bool probabilities = true;          // every score is in [0, 1]
  };

  explicit ScoreLists(const QualityShape& shape);
  void update(const QualityRows& rows);
  void merge(const ScoreLists& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

 private:
  struct Side {
    std::vector<double> scores;
    std::vector<double> weighted_scores, weights;
  };
  struct OfClass {
    Side sides[2];  // negative, positive
  };
  QualityTask task_;
  std::vector<OfClass> classes_;
};

/// The mean over classes of a number of one class against the rest, by the options' average; of two
/// classes, that of the positive one. `value` may be NaN where a side has no rows.
template <class Fn>
MetricValue average_ranked(const ScoreLists::Summary& summary, const MetricOptions& options,
                           Fn value) {
  MetricValue found;
  double sum = 0, weights = 0;
  std::vector<double> by_class;
  for (const RankedScores& ranked : summary.classes) {
    if (!(ranked.positive > 0) || !(ranked.negative > 0)) {
      return MetricValue::because(std::numeric_limits<double>::quiet_NaN(),
                                  summary.task == QualityTask::kBinary
                                      ? "All rows are of one class."
                                      : "A class has no rows, or all of them.");
    }
    by_class.push_back(value(ranked));
    const double weight = options.average == Average::kWeighted ? ranked.positive : 1;
    sum += weight * by_class.back();
    weights += weight;
  }
  found = MetricValue::of(sum / weights);
  if (summary.task == QualityTask::kMulticlass) found.by_class = std::move(by_class);
  return found;
}

/// Area under the ROC curve: the share of pairs in order, ties half.
double area_under_roc(const RankedScores& ranked);

/// Positive rows among the share of all rows with the highest scores; of a run of equal scores that
/// the share ends in, as many as its part would hold on average.
double hits_at(const RankedScores& ranked, double share);

/// Runs cut into bins of about equally many rows: of the reliability curve and of ece.
struct ReliabilityBin {
  double rows = 0;      // their weight
  double score = 0;     // mean
  double positive = 0;  // share
  double spread = 0;    // sum of p (1 - p)
};
std::vector<ReliabilityBin> reliability_bins(const RankedScores& ranked, double num_bins);

}  // namespace mainspring

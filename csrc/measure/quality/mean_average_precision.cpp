// How clean the ranking is above what is relevant.
#include "measure/quality/query_lists.hpp"

namespace mainspring {

namespace {

double average_precision_of(std::span<const QueryLists::Row> rows, double) {
  double relevant = 0, sum = 0;
  for (size_t first = 0; first < rows.size();) {
    size_t end = first;
    double here = 0;
    while (end < rows.size() && rows[end].score == rows[first].score) {
      here += rows[end].relevance > 0 ? 1 : 0;
      ++end;
    }
    relevant += here;
    sum += here * (relevant / static_cast<double>(end));
    first = end;
  }
  return relevant > 0 ? sum / relevant : 0;
}

struct MeanAveragePrecision {
  using State = QueryLists;
  static constexpr std::string_view kName = "map";
  static constexpr std::string_view kSummary =
      "Mean average precision: the mean over queries of the precision at each "
      "relevant row.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRanking);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "mean over relevant rows of relevant rows scored as high or higher / rows "
          "scored as high or higher; a query without a relevant row counts 0",
      .range = "0 to 1",
      .source =
          "as sklearn.metrics.label_ranking_average_precision_score where every query has "
          "a relevant row",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return mean_over_queries(found, &average_precision_of, 0);
  }
};

}  // namespace

extern constinit const MetricEntry kMeanAveragePrecision = metric_of<MeanAveragePrecision>();

}  // namespace mainspring

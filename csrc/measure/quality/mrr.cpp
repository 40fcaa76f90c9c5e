// How far down the first relevant row stands.
#include "measure/quality/query_lists.hpp"

namespace mainspring {

namespace {

double reciprocal_rank_of(std::span<const QueryLists::Row> rows, double) {
  const double place = best_relevant_place(rows);
  return place > 0 ? 1 / place : 0;
}

struct Mrr {
  using State = QueryLists;
  static constexpr std::string_view kName = "mrr";
  static constexpr std::string_view kSummary = "Mean reciprocal rank of the best relevant row.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRanking);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "mean over queries of 1 / rows scored as high as the best relevant row or "
          "higher; a query without a relevant row counts 0",
      .range = "0 to 1",
      .source = "E. M. Voorhees 1999, TREC-8 Question Answering Track",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions&) {
    return mean_over_queries(found, &reciprocal_rank_of, 0);
  }
};

}  // namespace

extern constinit const MetricEntry kMrr = metric_of<Mrr>();

}  // namespace mainspring

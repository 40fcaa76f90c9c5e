// Whether there is anything relevant at the top.
#include "measure/quality/query_lists.hpp"

namespace mainspring {

namespace {

double hit_of(std::span<const QueryLists::Row> rows, double at) {
  const double place = best_relevant_place(rows);
  return place > 0 && place <= at ? 1 : 0;
}

struct HitRate {
  using State = QueryLists;
  static constexpr std::string_view kName = "hit_rate";
  static constexpr std::string_view kSummary =
      "Share of the queries with a relevant row among the first places.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRanking);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "queries whose best relevant row is among the first at places, rows of equal "
          "scores standing behind each other / queries",
      .range = "0 to 1",
      .source = "M. Deshpande and G. Karypis 2004, doi:10.1145/963770.963776",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    return mean_over_queries(found, &hit_of, options.at);
  }
};

}  // namespace

extern constinit const MetricEntry kHitRate = metric_of<HitRate>();

}  // namespace mainspring

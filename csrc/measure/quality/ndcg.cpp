// How much of the relevance stands at the top.
#include <algorithm>
#include <functional>

#include "measure/quality/query_lists.hpp"
#include "runtime/core/math.hpp"

namespace mainspring {

namespace {

double discount(size_t place, double at) {
  return static_cast<double>(place) < at ? log_value(2) / log_value(static_cast<double>(place) + 2)
                                         : 0;
}

double ndcg_of(std::span<const QueryLists::Row> rows, double at) {
  double gain = 0;
  for (size_t first = 0; first < rows.size();) {
    size_t end = first;
    double relevance = 0, discounts = 0;
    while (end < rows.size() && rows[end].score == rows[first].score) {
      relevance += rows[end].relevance;
      discounts += discount(end, at);
      ++end;
    }
    gain += relevance / static_cast<double>(end - first) * discounts;
    first = end;
  }
  std::vector<double> best;
  for (const QueryLists::Row& row : rows) best.push_back(row.relevance);
  std::sort(best.begin(), best.end(), std::greater<>());
  double ideal = 0;
  for (size_t place = 0; place < best.size(); ++place) ideal += best[place] * discount(place, at);
  return ideal > 0 ? gain / ideal : 0;
}

struct Ndcg {
  using State = QueryLists;
  static constexpr std::string_view kName = "ndcg";
  static constexpr std::string_view kSummary =
      "Normalised discounted cumulative gain of the first places, the mean over "
      "queries.";
  static constexpr uint8_t kTasks = tasks_of(QualityTask::kRanking);
  static constexpr bool kNeedsScores = false;
  static constexpr int8_t kDirection = 1;
  static constexpr MetricNotes kNotes{
      .formula =
          "DCG / DCG of the best order; DCG = sum over the first at places of relevance / "
          "log2(place + 1), rows of equal scores sharing their places; a query without a "
          "relevant row counts 0",
      .range = "0 to 1",
      .source =
          "as sklearn.metrics.ndcg_score; K. Jaervelin and J. Kekaelaeinen 2002, "
          "doi:10.1145/582415.582418; ties: F. McSherry and M. Najork 2008, "
          "doi:10.1007/978-3-540-78646-7_38",
  };

  static MetricValue value(const State::Summary& found, const MetricOptions& options) {
    return mean_over_queries(found, &ndcg_of, options.at);
  }
};

}  // namespace

extern constinit const MetricEntry kNdcg = metric_of<Ndcg>();

}  // namespace mainspring

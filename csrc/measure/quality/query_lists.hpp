// Rows of each query with their relevance and score: the state of all metrics of rankings.
#pragma once
#include "measure/quality/metric.hpp"

namespace mainspring {

/// Memory: 28 bytes for each row. A query may be spread over updates and shards.
class QueryLists {
 public:
  static constexpr std::string_view kName = "queries";

  struct Row {
    uint32_t query;
    double score, relevance, weight;
  };
  struct Summary {
    std::vector<Row> rows;       // by query; within one by score, descending
    std::vector<size_t> starts;  // of each query; the last one is the number of rows
    double weight_of(size_t query) const { return rows[starts[query]].weight; }
    std::span<const Row> of(size_t query) const {
      return std::span(rows).subspan(starts[query], starts[query + 1] - starts[query]);
    }
  };

  explicit QueryLists(const QualityShape&) {}
  /// Throws Error(kData) for a relevance below 0, or infinite.
  void update(const QualityRows& rows);
  void merge(const QueryLists& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

 private:
  std::vector<Row> rows_;
};

/// The mean of a number over queries, weighted as their first rows are; added exactly.
MetricValue mean_over_queries(const QueryLists::Summary& found,
                              double (*of)(std::span<const QueryLists::Row>, double at), double at);

/// Rows scored at least as high as the best relevant one; 0 where none is relevant.
double best_relevant_place(std::span<const QueryLists::Row> rows);

}  // namespace mainspring

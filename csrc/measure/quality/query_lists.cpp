// Collects rows of queries, and sorts them.
#include "measure/quality/query_lists.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/error.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

void QueryLists::update(const QualityRows& rows) {
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    const double weight = rows.weight(row);
    const double relevance = rows.targets[row];
    if (!(relevance >= 0) || std::isinf(relevance)) {
      throw Error(ErrorKind::kData, "Row " + std::to_string(row) +
                                        ": a relevance is below 0 or infinite, expected 0 for "
                                        "rows that are not relevant and more for those that are.")
          .row(row)
          .expected("a relevance of 0 or more")
          .got(std::to_string(relevance));
    }
    if (weight == 0) continue;
    rows_.push_back({rows.queries[row], rows.predictions[row] + 0.0, relevance, weight});
  }
}

void QueryLists::merge(const QueryLists& other, const CodeMaps& maps) {
  for (Row row : other.rows_) {
    if (row.query < maps.queries.size()) row.query = maps.queries[row.query];
    rows_.push_back(row);
  }
}

void QueryLists::write(StateWriter& writer) const {
  writer.put<uint64_t>(rows_.size());
  for (const Row& row : rows_) {
    writer.put(row.query);
    writer.put(row.score);
    writer.put(row.relevance);
    writer.put(row.weight);
  }
}

void QueryLists::read(StateReader& reader) {
  const uint64_t count = reader.get_count(sizeof(uint32_t) + 3 * sizeof(double));
  rows_.clear();
  for (uint64_t i = 0; i < count; ++i) {
    Row row{};
    row.query = reader.get<uint32_t>();
    row.score = reader.get<double>();
    row.relevance = reader.get<double>();
    row.weight = reader.get<double>();
    if (row.score != row.score || !(row.relevance >= 0) || !(row.weight > 0)) StateReader::fail();
    rows_.push_back(row);
  }
}

QueryLists::Summary QueryLists::summary(std::span<const uint32_t>) const {
  Summary found;
  found.rows = rows_;
  std::sort(found.rows.begin(), found.rows.end(), [](const Row& a, const Row& b) {
    if (a.query != b.query) return a.query < b.query;
    if (a.score != b.score) return a.score > b.score;
    if (a.relevance != b.relevance) return a.relevance > b.relevance;
    return a.weight > b.weight;
  });
  for (size_t i = 0; i < found.rows.size(); ++i) {
    if (i == 0 || found.rows[i].query != found.rows[i - 1].query) found.starts.push_back(i);
  }
  found.starts.push_back(found.rows.size());
  return found;
}

MetricValue mean_over_queries(const QueryLists::Summary& found,
                              double (*of)(std::span<const QueryLists::Row>, double at),
                              double at) {
  ExactSum sum, weights;
  for (size_t query = 0; query + 1 < found.starts.size(); ++query) {
    const double weight = found.weight_of(query);
    sum.add(weight * of(found.of(query), at));
    weights.add(weight);
  }
  if (!(weights.value() > 0)) {
    return MetricValue::because(std::numeric_limits<double>::quiet_NaN(), "There are no queries.");
  }
  return MetricValue::of(sum.value() / weights.value());
}

double best_relevant_place(std::span<const QueryLists::Row> rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!(rows[i].relevance > 0)) continue;
    size_t last = i;
    while (last + 1 < rows.size() && rows[last + 1].score == rows[i].score) ++last;
    return static_cast<double>(last + 1);
  }
  return 0;
}

}  // namespace mainspring

// Reads a column's statistics out as plain values.
#include "profile/column_summary.hpp"

#include <algorithm>
#include <array>

namespace mainspring {

namespace {

constexpr uint32_t kMaxBins = 32;

NumberSummary summarize_numbers(const NumberProfile& numbers, std::span<const double> quantiles) {
  NumberSummary summary{};
  summary.tally = numbers.tally();
  const Moments moments = numbers.moments();
  summary.sum = moments.sum();
  summary.mean = moments.mean();
  summary.deviation = moments.deviation();
  const Distribution distribution = numbers.distribution();
  summary.rank_error = distribution.rank_error;
  const std::array sides{&distribution};
  summary.axis = histogram_axis(sides, kMaxBins);
  summary.histogram = count_on(distribution, summary.axis);
  for (const double q : quantiles) {
    // A sketch may have dropped the extremes; the tally never does.
    const bool is_end = distribution.total > 0 && (q == 0 || q == 1);
    const double end = q == 0 ? summary.tally.min : summary.tally.max;
    summary.quantiles.push_back(is_end ? end : quantile(distribution, q));
  }
  return summary;
}

TextSummary summarize_texts(const TextProfile& texts, uint64_t num_top) {
  TextSummary summary{};
  const CategoryCounts categories = texts.categories();
  const uint64_t num_listed = std::min<uint64_t>(num_top, categories.entries.size());
  for (uint64_t i = 0; i < num_listed; ++i) {
    summary.top.push_back({std::string(categories.entries[i].value), categories.entries[i].count});
  }
  summary.count_error = categories.error;
  summary.lengths = texts.lengths();
  return summary;
}

}  // namespace

ColumnSummary summarize(const ColumnProfile& column, std::span<const double> quantiles,
                        uint64_t num_top) {
  ColumnSummary summary{};
  summary.name = column.name();
  for (const std::string& type_name : column.type_names()) {
    summary.type_name += (summary.type_name.empty() ? "" : " | ") + type_name;
  }
  summary.kind = kind_name(column.kind());
  summary.num_rows = column.num_rows();
  summary.nulls = column.nulls();
  summary.nans = column.nans();
  summary.exact = true;
  if (column.has_numbers()) {
    summary.exact = column.numbers().exact();
    summary.distinct = column.numbers().distinct();
    summary.numbers = summarize_numbers(column.numbers(), quantiles);
  } else if (column.has_texts()) {
    summary.exact = column.texts().exact();
    summary.distinct = column.texts().distinct();
    summary.texts = summarize_texts(column.texts(), num_top);
  }
  if (column.elements() != nullptr) {
    summary.elements.push_back(summarize(*column.elements(), quantiles, num_top));
  }
  return summary;
}

}  // namespace mainspring

// Edges of equally full bins, with heavy values in bins of their own.
#include "measure/drift/choose_bins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "profile/sort_numbers.hpp"
#include "profile/walk_numbers.hpp"
#include "runtime/arrow/bitmap.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kBins = 1024;
constexpr uint32_t kMaxPoints = 1024;
constexpr uint32_t kCurrentBins = 128;

// Finite values with their counts, and the extremes, which a sketch may have lost. Ascending, as
// all edges here.
std::vector<double> equally_full(const Distribution& numbers, double min, double max) {
  std::vector<double> edges;
  const double full = static_cast<double>(numbers.total) / kBins;
  if (std::isfinite(min)) edges.push_back(min);
  double filled = 0;
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    const double value = numbers.values[i];
    if (!std::isfinite(value)) continue;
    const auto count = static_cast<double>(numbers.counts[i]);
    if (count >= full) {  // by itself: items of a sketch weigh half as much at most
      edges.push_back(value);
      edges.push_back(next_after(value));
      filled = 0;
      continue;
    }
    if (edges.empty() || filled + count > full) {
      edges.push_back(value);
      filled = 0;
    }
    filled += count;
  }
  double last = max;
  if (!std::isfinite(last)) {
    for (const double value : numbers.values) last = std::isfinite(value) ? value : last;
  }
  if (std::isfinite(last)) edges.push_back(next_after(last));
  return edges;
}

// Puts what was added to the first `known` in order with them.
void merge_edges(size_t known, std::vector<double>* edges) {
  const auto middle = edges->begin() + static_cast<std::ptrdiff_t>(known);
  if (middle != edges->end()) std::inplace_merge(edges->begin(), middle, edges->end());
}

void add_quantiles(const std::vector<double>& sorted, uint32_t num_bins,
                   std::vector<double>* edges) {
  if (sorted.empty()) return;
  const size_t known = edges->size();
  for (uint32_t k = 0; k < num_bins; ++k) {
    edges->push_back(sorted[static_cast<size_t>(sorted.size() * uint64_t{k} / num_bins)]);
  }
  edges->push_back(next_after(sorted.back()));
  merge_edges(known, edges);
}

std::shared_ptr<const DriftBins> of_edges(std::vector<double> edges) {
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  if (edges.size() < 2 || edges.size() > NumberBins::kMaxEdges) return nullptr;
  return DriftBins::of_edges(edges);
}

// Sorted values that occur more than once where they are many: bins of their own.
void add_heavy(const std::vector<double>& sorted, uint64_t many, std::vector<double>* edges) {
  const size_t known = edges->size();
  for (size_t i = 0; i < sorted.size();) {
    size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i >= many) {
      edges->push_back(sorted[i]);
      edges->push_back(next_after(sorted[i]));
    }
    i = end;
  }
  merge_edges(known, edges);
}

}  // namespace

std::vector<double> sample_numbers(const Table& table, uint32_t column, bool is_time,
                                   uint32_t at_most) {
  std::vector<double> sample;
  const uint64_t rows = table.num_rows();
  const uint64_t wanted = std::min<uint64_t>(at_most, rows);
  sample.reserve(wanted);
  uint32_t batch = 0;
  ColumnView whole = table.batch_column(batch, column);
  // Rows so far apart are each a wait for memory, unless they are asked for ahead of time.
  const auto fetch = [&](uint64_t i) {
    constexpr uint64_t kAhead = 64;
    if (whole.type != ColumnType::kF64 || i + kAhead >= wanted) return;
    const uint64_t row = sampled_row(rows, wanted, i + kAhead) - table.batch_first_row(batch);
    if (row >= table.batch_rows(batch)) return;
    __builtin_prefetch(static_cast<const double*>(whole.values) + whole.offset + row);
  };
  for (uint64_t i = 0; i < wanted; ++i) {
    fetch(i);
    const uint64_t row = sampled_row(rows, wanted, i);
    while (row >= table.batch_first_row(batch) + table.batch_rows(batch)) {
      whole = table.batch_column(++batch, column);
    }
    if (!is_time && whole.type == ColumnType::kF64) {  // a call would take longer than its row
      const uint64_t at = whole.offset + row - table.batch_first_row(batch);
      const auto value =
          load<double>(static_cast<const uint8_t*>(whole.values) + at * sizeof(double));
      const bool present = whole.validity == nullptr || read_bits(whole.validity, at, 1) != 0;
      if (present && std::isfinite(value)) sample.push_back(value + 0.0);
      continue;
    }
    ColumnView one = whole;
    one.offset += row - table.batch_first_row(batch);
    one.length = 1;
    for_each_numbers(one, is_time, [&sample](const double* values, uint64_t count) {
      for (uint64_t at = 0; at < count; ++at) {
        if (std::isfinite(values[at])) sample.push_back(values[at] + 0.0);
      }
    });
  }
  return sample;
}

std::shared_ptr<const DriftBins> choose_bins(const NumberProfile& reference,
                                             std::vector<double> current_sample) {
  const std::shared_ptr<const Distribution> shared = reference.shared_distribution();
  const Distribution& numbers = *shared;
  if (numbers.total == 0) return nullptr;
  sort_many_numbers(current_sample.data(), current_sample.size());
  if (reference.exact()) {
    if (numbers.values.size() <= kMaxPoints) return DriftBins::of_points(numbers.values);
    uint64_t known = 0;
    for (const double value : current_sample) {
      known += std::binary_search(numbers.values.begin(), numbers.values.end(), value) ? 1 : 0;
    }
    if (known * 10 >= current_sample.size() * 9) return nullptr;
  }
  const NumberTally tally = reference.tally();
  std::vector<double> edges = equally_full(numbers, tally.min, tally.max);
  add_quantiles(current_sample, kCurrentBins, &edges);
  add_heavy(current_sample, std::max<uint64_t>(4, current_sample.size() / kCurrentBins), &edges);
  return of_edges(std::move(edges));
}

std::shared_ptr<const DriftBins> choose_bins(std::vector<double> reference_sample,
                                             std::vector<double> current_sample) {
  std::vector<double>& both = reference_sample;
  both.insert(both.end(), current_sample.begin(), current_sample.end());
  if (both.empty()) return nullptr;
  sort_many_numbers(both.data(), both.size());
  std::vector<double> distinct;
  std::unique_copy(both.begin(), both.end(), std::back_inserter(distinct));
  if (distinct.size() <= kMaxPoints) return DriftBins::of_points(distinct);
  if (distinct.size() * 4 < both.size() * 3) return nullptr;
  std::vector<double> edges;
  add_quantiles(both, kBins, &edges);
  add_heavy(both, std::max<uint64_t>(4, both.size() / kBins), &edges);
  return of_edges(std::move(edges));
}

}  // namespace mainspring

// Sorts samples and hands them to the statistics as exact distributions.
#include "measure/drift/two_samples.hpp"

#include <cmath>

#include "profile/moments.hpp"
#include "profile/sort_numbers.hpp"
#include "profile/walk_numbers.hpp"

namespace mainspring {

ColumnSide sorted_sample(std::vector<double> sample, bool with_moments) {
  ColumnSide side;
  side.num_rows = sample.size();
  size_t present = 0;
  for (const double value : sample) {
    sample[present] = value + 0.0;  // -0.0 becomes 0.0
    present += value == value ? 1 : 0;
  }
  sample.resize(present);
  side.missing = side.num_rows - present;
  sort_many_numbers(sample.data(), present);
  size_t first = 0;  // of the finite ones
  size_t end = present;
  while (first < end && std::isinf(sample[first])) ++first;
  while (end > first && std::isinf(sample[end - 1])) --end;
  side.finite = end - first;
  Moments moments;
  if (with_moments) moments.add(sample.data() + first, end - first);
  side.mean = moments.mean();
  side.deviation = moments.deviation();
  if (present > 0) {
    side.min = sample.front();
    side.max = sample.back();
  }
  Distribution& numbers = side.numbers;
  numbers.total = present;
  numbers.counts.resize(present);
  // Distinct values move to the front of what holds all of them.
  size_t distinct = 0;
  for (size_t i = 0; i < present;) {
    size_t next = i + 1;
    while (next < present && sample[next] == sample[i]) ++next;
    sample[distinct] = sample[i];
    numbers.counts[distinct++] = next - i;
    i = next;
  }
  sample.resize(distinct);
  numbers.counts.resize(distinct);
  numbers.values = std::move(sample);
  return side;
}

ColumnSide sorted_runs(std::vector<double> values, std::vector<uint64_t> counts, uint64_t missing) {
  ColumnSide side;
  side.missing = missing;
  Moments moments;
  for (size_t i = 0; i < values.size(); ++i) {
    side.numbers.total += counts[i];
    if (std::isinf(values[i])) continue;
    side.finite += counts[i];
    moments.add_repeated(values[i], counts[i]);
  }
  side.num_rows = missing + side.numbers.total;
  side.mean = moments.mean();
  side.deviation = moments.deviation();
  if (!values.empty()) {
    side.min = values.front();
    side.max = values.back();
  }
  side.numbers.values = std::move(values);
  side.numbers.counts = std::move(counts);
  return side;
}

ColumnSide sorted_column(const Table& table, uint32_t column, bool is_time) {
  std::vector<double> sample;
  sample.reserve(table.num_rows());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    for_each_numbers(table.batch_column(batch, column), is_time,
                     [&sample](const double* values, uint64_t count) {
                       sample.insert(sample.end(), values, values + count);
                     });
  }
  return sorted_sample(std::move(sample));
}

std::vector<ColumnDrift::Measured> measure_samples(const ColumnSide& reference,
                                                   const ColumnSide& current,
                                                   std::span<const Statistic* const> wanted,
                                                   const DriftOptions& options) {
  const ColumnPair pair(ColumnKind::kNumber, reference, current);
  std::vector<ColumnDrift::Measured> measured;
  for (const Statistic* statistic : wanted) {
    if (statistic->kind == StatisticKind::kNumeric || statistic->kind == StatisticKind::kAny) {
      measured.push_back({statistic, measure(*statistic, pair, options)});
    }
  }
  return measured;
}

}  // namespace mainspring

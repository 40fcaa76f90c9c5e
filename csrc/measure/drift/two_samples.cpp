// Sorts both samples and hands them to the statistics as exact distributions.
#include "measure/drift/two_samples.hpp"

#include <cmath>

#include "profile/moments.hpp"
#include "profile/sort_numbers.hpp"

namespace mainspring {

namespace {

ColumnSide side_of_sample(std::span<const double> sample) {
  ColumnSide side;
  side.num_rows = sample.size();
  std::vector<double> sorted;
  sorted.reserve(sample.size());
  for (const double value : sample) {
    if (value == value) sorted.push_back(value + 0.0);  // -0.0 becomes 0.0
  }
  side.missing = sample.size() - sorted.size();
  sort_many_numbers(sorted.data(), sorted.size());
  size_t first = 0;  // of the finite ones
  size_t end = sorted.size();
  while (first < end && std::isinf(sorted[first])) ++first;
  while (end > first && std::isinf(sorted[end - 1])) --end;
  Moments moments;
  moments.add(sorted.data() + first, end - first);
  side.finite = moments.count();
  side.mean = moments.mean();
  side.deviation = moments.deviation();
  if (!sorted.empty()) {
    side.min = sorted.front();
    side.max = sorted.back();
  }
  Distribution& numbers = side.numbers;
  numbers.total = sorted.size();
  numbers.counts.reserve(sorted.size());
  // Distinct values move to the front of what holds all of them.
  size_t distinct = 0;
  for (size_t i = 0; i < sorted.size();) {
    size_t next = i + 1;
    while (next < sorted.size() && sorted[next] == sorted[i]) ++next;
    sorted[distinct++] = sorted[i];
    numbers.counts.push_back(next - i);
    i = next;
  }
  sorted.resize(distinct);
  numbers.values = std::move(sorted);
  return side;
}

}  // namespace

std::vector<ColumnDrift::Measured> measure_samples(std::span<const double> reference,
                                                   std::span<const double> current,
                                                   std::span<const Statistic* const> wanted,
                                                   const DriftOptions& options) {
  const ColumnPair pair(ColumnKind::kNumber, side_of_sample(reference), side_of_sample(current));
  std::vector<ColumnDrift::Measured> measured;
  for (const Statistic* statistic : wanted) {
    if (statistic->kind == StatisticKind::kNumeric || statistic->kind == StatisticKind::kAny) {
      measured.push_back({statistic, measure(*statistic, pair, options)});
    }
  }
  return measured;
}

}  // namespace mainspring

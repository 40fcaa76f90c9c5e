// Counts both sides on the reference's edges, one thread each.
#include "measure/drift/kept_sample.hpp"

#include <array>
#include <utility>

#include "host/thread_pool.hpp"
#include "measure/drift/two_samples.hpp"

namespace mainspring {

namespace {

ColumnSide side_without_values(const BinnedSample& binned, uint64_t num_rows) {
  ColumnSide side;
  side.num_rows = num_rows;
  side.missing = num_rows - binned.total;
  side.numbers.total = binned.total;
  return side;
}

std::optional<UnsortedPair> pair_of(const BinnedSample& x, const BinValues& x_values,
                                    uint64_t x_rows, const BinnedSample& y,
                                    std::span<const double> current) {
  if (x.total == 0 || y.total == 0) return std::nullopt;
  const std::optional<RankDistances> found =
      binned_distances(x, x_values, y, UnsortedValues(current, y));
  if (!found.has_value()) return std::nullopt;
  return UnsortedPair{side_without_values(x, x_rows), side_without_values(y, current.size()),
                      *found};
}

}  // namespace

KeptSample keep_sample(std::span<const double> values, bool with_moments, bool with_edges) {
  KeptSample kept;
  const auto edges = with_edges ? sample_edges(values) : nullptr;
  if (edges != nullptr) kept.binned = bin_sample(values, edges);
  if (kept.binned.has_value()) kept.binned->bin_of = {};
  kept.side = sorted_sample({values.begin(), values.end()}, with_moments);
  return kept;
}

std::optional<UnsortedPair> compare_unsorted(const KeptSample& reference,
                                             std::span<const double> current) {
  if (!reference.binned.has_value()) return std::nullopt;
  const BinnedSample& x = *reference.binned;
  const std::optional<BinnedSample> y = bin_sample(current, x.edges);
  if (!y.has_value()) return std::nullopt;
  return pair_of(x, SortedValues(reference.side.numbers, x), reference.side.num_rows, *y, current);
}

std::optional<UnsortedPair> compare_unsorted(std::span<const double> reference,
                                             std::span<const double> current) {
  const auto edges = sample_edges(reference);
  if (edges == nullptr) return std::nullopt;
  const std::array sides{reference, current};
  std::array<std::optional<BinnedSample>, 2> binned;
  parallel_for(2, [&](uint64_t side, uint32_t) { binned[side] = bin_sample(sides[side], edges); });
  if (!binned[0].has_value() || !binned[1].has_value()) return std::nullopt;
  return pair_of(*binned[0], UnsortedValues(reference, *binned[0]), reference.size(), *binned[1],
                 current);
}

std::vector<ColumnDrift::Measured> measure_distances(const UnsortedPair& pair,
                                                     std::span<const Statistic* const> wanted) {
  const ColumnPair columns(ColumnKind::kNumber, pair.reference, pair.current, pair.distances);
  const DriftOptions options;
  std::vector<ColumnDrift::Measured> measured;
  for (const Statistic* statistic : wanted) {
    measured.push_back({statistic, measure(*statistic, columns, options)});
  }
  return measured;
}

}  // namespace mainspring

// Samples of numbers that are compared as they are: a reference that is kept, and distances for
// which neither side needs to be sorted.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "measure/drift/binned_sample.hpp"
#include "measure/drift/column_drift.hpp"

namespace mainspring {

/// A reference for many samples: sorted, and counted on edges of its own.
struct KeptSample {
  ColumnSide side;
  std::optional<BinnedSample> binned;  // none: others are sorted to be compared
};

/// As sorted_sample; without edges for one comparison alone.
KeptSample keep_sample(std::span<const double> values, bool with_moments, bool with_edges);

/// Two sides without their values, and their distances.
struct UnsortedPair {
  ColumnSide reference;
  ColumnSide current;
  RankDistances distances;
};

/// None where sorting is as fast, or needed: few values, infinite ones, too many for their counts.
/// A reference gives the same bits whether it was kept or not.
std::optional<UnsortedPair> compare_unsorted(const KeptSample& reference,
                                             std::span<const double> current);
std::optional<UnsortedPair> compare_unsorted(std::span<const double> reference,
                                             std::span<const double> current);

/// Statistics of nothing but rank_distances.
std::vector<ColumnDrift::Measured> measure_distances(const UnsortedPair& pair,
                                                     std::span<const Statistic* const> wanted);

}  // namespace mainspring

// Columns of ranks of a forest that need no features: a chain of monotone steps does not change the
// order of numbers, so the ranks change at numbers of the input itself, which are found here.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/given_ranks.hpp"

namespace mainspring {

/// One column of the forest's program, and the input whose numbers have its ranks.
struct FoldedColumn {
  uint32_t number;  // of the column
  uint32_t input;   // of the plan, read as float64
  SlicedColumn column;
  std::vector<double> thresholds;  // the largest inputs that are not above a threshold, and padding
  std::vector<uint8_t> cells;
  uint8_t shift;  // as in RankedNumbers
  uint8_t first[2];
  uint8_t missing[2];
};

/// What was found for the bundle's forest. Immutable, shared by threads.
struct RankedForest {
  std::vector<FoldedColumn> columns;  // of features that need not exist
};

/// Whether the bundle is a forest with a program behind a plan of float32.
bool has_ranked_features(const BundleView& bundle) noexcept;
SlicedView program_of(const BundleView& bundle) noexcept;

/// Bisects with the steps themselves, so that ranks are exact: for every threshold the largest
/// number whose feature is not above it. Features of other steps than fill, affine with a positive
/// scale, log1p, clip, count_edges and is_missing are left out, and those whose numbers lie too
/// unevenly for cells. Costs about a microsecond a threshold and step; has_ranked_features().
std::shared_ptr<const RankedForest> rank_forest(const BundleView& bundle);

}  // namespace mainspring

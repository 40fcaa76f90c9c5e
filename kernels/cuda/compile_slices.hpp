// A forest of small trees to the arrays that warps slice.
#pragma once
#include <optional>
#include <vector>

#include "compile_forest.hpp"
#include "device_slices.hpp"

namespace mainspring::gpu {

struct CompiledSlices {
  std::vector<DeviceCondition> conditions;
  std::vector<SliceTile> tiles;
  std::vector<uint16_t> places;
  std::vector<double> leaves;
  uint32_t num_nodes = 0;
  uint32_t depth = 0;
  bool is_symmetric = false;
};

/// Nothing where trees are deeper than kMaxSliceDepth, or kMaxSymmetricDepth where all are
/// symmetric, and where nothing is asked.
std::optional<CompiledSlices> compile_slices(const CompiledForest& forest);

/// Whether ballots take fewer instructions of a warp than walks. Follows from the forest alone.
bool slices_pay(const CompiledSlices& slices, uint32_t num_trees);

}  // namespace mainspring::gpu

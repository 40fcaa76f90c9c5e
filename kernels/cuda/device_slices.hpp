// A forest as warps slice it: a ballot makes of each distinct condition a word with a bit for each
// of 32 rows, and a tree finds its leaves of 32 rows at once by bitwise operations on these words.
// compile_slices.cpp makes it, where trees are small; slice_rows.hpp runs it.
#pragma once
#include "device_forest.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kWarpRows = 32;  // of a word; and trees that a warp takes at a time
inline constexpr uint32_t kSliceWarps = kForestRows / kWarpRows;  // of a block
inline constexpr uint32_t kTileConditions = 2048;  // whose words a warp holds at a time
inline constexpr uint32_t kMaxSliceDepth = 6;      // 32 trees ask at most 2,016 conditions
inline constexpr uint32_t kMaxSymmetricDepth = 8;

/// What a node asks: slot and rank of DeviceNode. Rows that go right have a bit.
struct DeviceCondition {
  uint16_t slot;
  uint16_t rank;
};

/// Trees whose conditions a warp holds together, in groups of 32.
struct SliceTile {
  uint32_t first_condition;  // ascending by slot, so that a rank is loaded once for its conditions
  uint32_t num_conditions;
  uint32_t first_group;
  uint32_t end_group;
};

/// Every tree is complete, to the depth of the deepest: nodes that are none ask anything, and what
/// is below a leaf has its value.
struct DeviceSlices {
  const DeviceCondition* conditions;
  const SliceTile* tiles;
  const uint16_t* places;  // [group][node][32 trees]: numbers of the tile's conditions
  const double* leaves;    // [tree][1 << depth]: what a leaf adds, or the number of its vector
  uint32_t num_tiles;
  uint32_t num_nodes;  // of a tree, level by level; of a symmetric one: its levels
  uint32_t depth;
  bool is_symmetric;  // all nodes of a level ask the same
};

struct SliceArgs {
  DeviceForest forest;
  DeviceSlices slices;
  const uint16_t* ranks;
  uint64_t num_rows;
  double* scores;  // [num_rows][num_outputs]
};

/// Of a block. Plane j of a tree: bit r is the turn of row r at level j.
struct SliceShared {
  uint32_t masks[kSliceWarps][kTileConditions];
  uint32_t planes[kSliceWarps][kWarpRows * kMaxSymmetricDepth];
};

}  // namespace mainspring::gpu

// Walks of many rows through one tree, eight rows to a register.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Groups of eight rows that are walked at a time.
inline constexpr uint32_t kLaneGroups = 4;
/// Nodes of a forest at most: their places in memory are counted in halves of nodes, with a sign.
inline constexpr uint32_t kMaxLaneNodes = 1u << 30;

/// Leaves of the rows of `num_groups` groups (slot_values.hpp), at most kLaneGroups, `stride`
/// numbers apart, in the tree with this root, which tests no sets.
using WalkLanes = void (*)(const ForestNode* nodes, const double* values, uint64_t stride,
                           uint32_t num_groups, uint32_t root, uint32_t* leaves) noexcept;
WalkLanes walk_lanes_avx512() noexcept;  // null where not compiled in

}  // namespace mainspring

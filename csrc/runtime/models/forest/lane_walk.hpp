// Walks of many rows through one tree, eight rows to a register.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Groups of eight rows that are walked at a time.
inline constexpr uint32_t kLaneGroups = 4;
/// Levels of a tree of thousands of nodes at least: what is done for each level is done by then.
inline constexpr uint32_t kFewestLevels = 12;
/// Nodes of a forest at most: their places in memory are counted in halves of nodes, with a sign.
inline constexpr uint32_t kMaxLaneNodes = 1u << 30;

/// The nodes of the tree after the one that is being walked, on their way into the L2 cache: some
/// at each level, since a CPU waits for few lines at a time, and stands still for the others.
class NextTree {
 public:
  NextTree() = default;
  /// Walks go down `num_levels` before these nodes are needed.
  NextTree(const ForestNode* from, uint32_t num_nodes, uint32_t num_levels)
      : from_(from),
        end_(from + num_nodes),
        step_((num_nodes / num_levels / kNodesOfLine + 1) * kNodesOfLine) {}

  [[gnu::always_inline]] void fetch_some() {
    const ForestNode* end = end_ - from_ > step_ ? from_ + step_ : end_;
    for (; from_ < end; from_ += kNodesOfLine) __builtin_prefetch(from_, 0, 2);
  }

 private:
  static constexpr uint32_t kNodesOfLine = 64 / sizeof(ForestNode);
  const ForestNode* from_ = nullptr;
  const ForestNode* end_ = nullptr;
  int64_t step_ = 0;
};

/// Leaves of the rows of `num_groups` groups (slot_values.hpp), at most kLaneGroups, `stride`
/// numbers apart, in the tree with this root, which tests no sets.
using WalkLanes = void (*)(const ForestNode* nodes, const double* values, uint64_t stride,
                           uint32_t num_groups, uint32_t root, NextTree& next,
                           uint32_t* leaves) noexcept;
WalkLanes walk_lanes_avx512() noexcept;  // null where not compiled in

}  // namespace mainspring

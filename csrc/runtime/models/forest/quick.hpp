// The form of a forest of small trees for single rows, after Lucchese et al., "QuickScorer" (SIGIR
// 2015), but one step of many trees at a time.
//
// Leaves are numbered from left to right. Each node whose condition sends the row right strikes out
// the leaves on its left; of those that stay, the first is the row's.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint32_t kQuickLeaves = 32;    // of a tree at most: bits of a mask
inline constexpr uint32_t kMaxQuickRows = 128;  // of ranks at most: they stay in registers
inline constexpr uint32_t kQuickTrees = 32;     // side by side

/// Step k of tree t is at [k * num_trees + t]. Steps that a tree does not have strike out nothing,
/// and trees that the forest does not have add nothing.
struct QuickView {
  uint32_t num_steps;  // inner nodes of the tree with the most
  uint32_t
      num_trees;  // those of the forest, filled up to a multiple of kQuickTrees; 0: no such form
  const uint16_t* rows;   // of ranks: SlicedCondition::column
  const uint16_t* ranks;  // right where the rank is greater
  const uint32_t* masks;  // of the leaves that stay then
  const double* leaves;   // kQuickLeaves of each tree
};

/// Byte offsets of the arrays behind `start`, and where they end.
struct QuickLayout {
  uint64_t rows, ranks, masks, leaves, end;
};

constexpr QuickLayout quick_layout(uint64_t start, uint32_t num_steps, uint32_t num_trees) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  const uint64_t count = uint64_t{num_steps} * num_trees;
  QuickLayout at{};
  at.rows = start;
  at.ranks = at.rows + padded(count * sizeof(uint16_t));
  at.masks = at.ranks + padded(count * sizeof(uint16_t));
  at.leaves = at.masks + padded(count * sizeof(uint32_t));
  at.end = at.leaves + padded(uint64_t{num_trees} * kQuickLeaves * sizeof(double));
  return at;
}

}  // namespace mainspring

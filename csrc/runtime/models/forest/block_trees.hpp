// The trees of a forest once more, for blocks of rows: steps only where a child is an inner node.
// The others, a third, write nothing: a plane whose list had the mask of their right child reads
// what they would split and their condition instead. They are made of the steps in the program when
// a bundle is opened (host/block_trees.hpp) and lie in none.
#pragma once
#include <cstdint>

namespace mainspring {

/// Masks of a tree: one without rows, one with all of them, then those that its steps write.
inline constexpr uint32_t kNoRows = 0;
inline constexpr uint32_t kAllRows = 1;
inline constexpr uint32_t kFirstWritten = 2;

/// Splits a mask in the next two, rows that go right and rows that go left. Where the left child is
/// a leaf only the former is kept: the next step writes over the latter.
struct BlockStep {
  uint32_t condition;
  uint16_t from;
  uint16_t num_kept;
};
static_assert(sizeof(BlockStep) == 8);

/// The rows of a mask that go right.
struct BlockEnd {
  uint32_t condition;
  uint32_t from;
};
static_assert(sizeof(BlockEnd) == 8);

/// Lists of planes follow each other from first_plane on: a number of masks, a number of ends, then
/// these masks. The ends of all of them follow each other from first_end on. Both numbers are even:
/// kNoRows fills them up.
struct BlockTree {
  uint32_t first_step;
  uint32_t num_steps;
  uint32_t first_plane;
  uint32_t first_end;
};

/// A tree for each of the program, which says what else there is to know. Of symmetric ones there
/// is nothing here.
struct BlockTrees {
  const BlockTree* trees;
  const BlockStep* steps;
  const uint16_t* planes;
  const BlockEnd* ends;
};

}  // namespace mainspring

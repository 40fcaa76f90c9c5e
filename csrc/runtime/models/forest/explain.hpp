// What each feature adds to a forest's raw score: Shapley values of its trees, exact.
//
// A leaf's value counts for a set of known features by the product over the features of its path:
// 1 or 0 for a known one, as the row goes that way or not, else `share`, the part of the training
// rows that went that way. The Shapley value of feature i is then (Owen, "Multilinear extensions of
// games", 1972) the integral over t from 0 to 1 of
//   leaf * (goes_i - share_i) * product over the other features j of (goes_j * t + share_j * (1 -
//   t))
// which is a polynomial in t, so that a few points of Gauss and Legendre give it exactly.
//
// One pass through a tree does it for all features: `reach` is the product above a node at every
// point, `below` the sum over the leaves under it, without the node's own factor. A feature that
// lies on the path already has the factor g = goes * t + share * (1 - t); the node then multiplies
// by what makes it the joint one, and adds the difference of both terms, which is
// share * (goes' - share') / g^2 where the row has come this way, and else nothing.
//
// With a background, `share` is 1 or 0, as the background's row goes, and contributions are
// averages over its rows.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/forest.hpp"
#include "runtime/models/forest/quadrature.hpp"
#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

/// Levels of inner nodes that an explained tree may have.
inline constexpr uint32_t kMaxExplainLevels = 1024;
/// One bit for each row of a block.
#if defined(__SIZEOF_INT128__)
using RowBits = unsigned __int128;
#else
using RowBits = uint64_t;
#endif
inline constexpr uint32_t kExplainRows = 8 * sizeof(RowBits);  // of a block at most

/// What the trees of a forest ask for.
struct ExplainNeeds {
  uint32_t num_levels;  // of the deepest tree
  uint32_t num_points;  // of the tree with the most features on a path
  bool has_covers;      // every tree knows how many rows went which way
};

/// Goes through all nodes, once for a bundle. `points` (may be null) gets the number of points of
/// each tree. False when a tree is too deep, or a path has more features than 2 * kMaxPoints.
bool measure_trees(const ForestView& forest, uint8_t* points, ExplainNeeds* needs) noexcept;

/// One inner node on the way down.
struct ExplainLevel {
  uint32_t node;
  uint32_t feature;
  int32_t previous;     // the level above that tests the same feature; -1: none
  uint32_t num_sides;   // that have been entered
  RowBits inside;       // rows that go the way of the nodes above that test the feature
  RowBits left;         // rows that go left
  RowBits after;        // rows of `inside` that go to the side that was entered last
  RowBits alive;        // rows whose reach is not 0
  double share_before;  // product of the shares of the feature above
  double share_left;    // of the node's rows
  double share_after;   // share_before * the side's
  double means[2];      // of the leaves under each side
  double leaves[2];     // of sides that are leaves
  bool is_array[2];     // the others
};

/// Rows of one block, and the memory that a tree is explained in.
struct ExplainJob {
  const ForestView* forest;
  const double* values;   // of the slots, eight rows side by side (slot_values.hpp)
  uint32_t num_rows;      // at most kExplainRows
  uint32_t stride;        // 1 for one row, else num_rows rounded up to a multiple of 8
  uint32_t component;     // of leaf vectors
  const double* absent;   // values of the slots in a row of the background; null: covers
  double* contributions;  // [feature][stride], added to
  double* pairs;          // [feature][feature][stride], lower half, added to; null: not wanted
  uint32_t num_features;
  uint32_t num_levels;
  uint32_t num_points;  // of the tree with the most
  int32_t* last;        // of each feature its deepest level, -1: none; left as found
  ExplainLevel* levels;
  double* arrays;  // explain_arrays()
};

/// Numbers of one level's reach, left and right; of its factors.
constexpr uint64_t level_numbers(uint32_t num_points, uint32_t stride) {
  return uint64_t{(num_points + 7) / 8 * 8} * stride + 72;
}
inline constexpr uint64_t kFactorNumbers = 7 * kMaxPoints;
constexpr uint64_t explain_arrays(uint32_t num_levels, uint32_t num_points, uint32_t stride) {
  return (uint64_t{num_levels} + 1) * (3 * level_numbers(num_points, stride) + kFactorNumbers);
}

/// Adds a tree's contributions with `num_points` points; returns the mean of its leaves, weighted
/// by shares.
using ExplainTree = double (*)(const ExplainJob& job, uint32_t tree, uint32_t num_points) noexcept;
ExplainTree explain_baseline() noexcept;
ExplainTree explain_avx2() noexcept;    // null where not compiled in
ExplainTree explain_avx512() noexcept;  // null where not compiled in

/// Rows to explain, and what with.
struct ExplainRequest {
  ModelView model;  // a forest
  ExplainNeeds needs;
  const uint8_t* points;     // of each tree
  const double* background;  // [num_background][1 + num_slots] values of slots; null: covers
  uint32_t num_background;
  bool pairs;  // a matrix of features for each row and output
};

/// 64-byte aligned; for one thread.
uint64_t explain_scratch_bytes(const ExplainRequest& request) noexcept;

/// Of rows of features, contributions to out[row][output][feature], or with `pairs` to
/// out[row][output][feature][feature], and what they are added to, the same for all rows, to
/// base[output]. Rows do not depend on those beside them.
void explain_forest(const ExplainRequest& request, const FeatureTile& features, IsaLevel level,
                    uint8_t* scratch, double* out, double* base) noexcept;

/// Values of slots of one row, as a background wants them; `scratch` has 8 * (1 + num_slots).
void background_values(const ForestView& forest, const FeatureTile& features, uint32_t row,
                       double* scratch, double* out) noexcept;

}  // namespace mainspring

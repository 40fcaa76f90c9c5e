// What the lanes of a warp do with sliced trees: first a lane is a row and answers conditions,
// which ballots gather; then it is a tree and finds the planes of 32 rows; then it is a row again
// and adds up leaves, in the order and the type of walk_row, so that the bits are the same.
#pragma once
#include "device_slices.hpp"
#include "forest_rows.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kSymmetric = 0;  // in place of a depth

MAINSPRING_BOTH inline bool is_single(const DeviceForest& forest) {
  return forest.num_outputs == 1 && forest.leaf_width == 1;
}

/// The rank that a row has where a condition asks; rows that are none answer as the last one.
MAINSPRING_BOTH inline uint16_t rank_of(const SliceArgs& args, uint16_t slot, uint64_t row) {
  const uint64_t there = row < args.num_rows ? row : args.num_rows - 1;
  return args.ranks[(slot & ~uint32_t{kSetFlag}) * args.num_rows + there];
}

MAINSPRING_BOTH inline bool goes_right(const SliceArgs& args, const DeviceCondition& condition,
                                       uint16_t rank) {
  return !goes_left(args.forest, {0, condition.slot, condition.rank}, rank);
}

/// The sum that a row begins with, in a register where it is the only one.
MAINSPRING_BOTH inline double begin_sums(const SliceArgs& args, uint64_t row) {
  if (is_single(args.forest)) return args.forest.bases[0];
  for (uint32_t i = 0; row < args.num_rows && i < args.forest.num_outputs; ++i) {
    args.scores[row * args.forest.num_outputs + i] = args.forest.bases[i];
  }
  return 0;
}

MAINSPRING_BOTH inline void end_sums(const SliceArgs& args, uint64_t row, double sum) {
  if (is_single(args.forest) && row < args.num_rows) args.scores[row] = sum;
}

/// Words of one tree's nodes.
struct NodeMasks {
  const uint32_t* masks;
  const uint16_t* places;
  MAINSPRING_BOTH uint32_t operator[](uint32_t node) const {
    return masks[places[node * kWarpRows]];
  }
};

/// The turns at LEVEL of rows that have come to node NODE of level AT: of those that went right at
/// level AT the ones below its right child, of the others below its left.
template <uint32_t LEVEL, uint32_t AT, uint32_t NODE>
MAINSPRING_BOTH inline uint32_t turns_below(const uint32_t* planes, const NodeMasks& masks) {
  if constexpr (AT == LEVEL) {
    return masks[(1u << LEVEL) - 1 + NODE];
  } else {
    const uint32_t right = turns_below<LEVEL, AT + 1, 2 * NODE + 1>(planes, masks);
    const uint32_t left = turns_below<LEVEL, AT + 1, 2 * NODE>(planes, masks);
    return (planes[AT] & right) | (~planes[AT] & left);
  }
}

template <uint32_t LEVEL, uint32_t DEPTH>
MAINSPRING_BOTH inline void find_levels(uint32_t* planes, const NodeMasks& masks) {
  if constexpr (LEVEL < DEPTH) {
    planes[LEVEL] = turns_below<LEVEL, 0, 0>(planes, masks);
    find_levels<LEVEL + 1, DEPTH>(planes, masks);
  }
}

/// A lane's tree: the planes of 32 rows.
template <uint32_t DEPTH>
MAINSPRING_BOTH inline void find_planes(const SliceArgs& args, uint32_t group,
                                        const uint32_t* masks, uint32_t lane, uint32_t* out) {
  const DeviceSlices& slices = args.slices;
  const NodeMasks nodes{masks,
                        slices.places + uint64_t{group} * slices.num_nodes * kWarpRows + lane};
  if constexpr (DEPTH == kSymmetric) {
    for (uint32_t level = 0; level < slices.depth; ++level) out[level] = nodes[level];
  } else {
    uint32_t planes[DEPTH];
    find_levels<0, DEPTH>(planes, nodes);
    for (uint32_t level = 0; level < DEPTH; ++level) out[level] = planes[level];
  }
}

/// A lane's row: its leaves of the trees of a group, one after the other, by the planes of each.
/// Returns the sum.
template <uint32_t DEPTH>
MAINSPRING_BOTH inline double add_leaves(const SliceArgs& args, uint32_t group,
                                         const uint32_t* planes, uint64_t row, uint32_t lane,
                                         double sum) {
  if (row >= args.num_rows) return sum;
  const DeviceForest& forest = args.forest;
  const uint32_t depth = DEPTH == kSymmetric ? args.slices.depth : DEPTH;
  const uint32_t first = group * kWarpRows;
  const uint32_t left = forest.num_trees - first;
  double* scores = args.scores + row * forest.num_outputs;
  for (uint32_t tree = 0; tree < (left < kWarpRows ? left : kWarpRows); ++tree) {
    uint32_t leaf = first + tree;
    for (uint32_t level = 0; level < depth; ++level) {
      leaf = 2 * leaf + (planes[tree * kMaxSymmetricDepth + level] >> lane & 1);
    }
    const double value = args.slices.leaves[leaf];
    if (is_single(forest)) {
      sum = add_score(forest.sums_floats, sum, value);
    } else if (forest.leaf_width != 1) {
      add_vector(forest, value, scores);
    } else {
      double& score = scores[forest.trees[first + tree].output];
      score = add_score(forest.sums_floats, score, value);
    }
  }
  return sum;
}

}  // namespace mainspring::gpu

// Rows through a forest, a thread a row: ranks, then walks tree by tree in the order and the type
// in which the source library adds leaves up, then the link. The bits are those of
// csrc/runtime/models.
#pragma once
#include "device_forest.hpp"

namespace mainspring::gpu {

/// ForestTreatment, whose numbers lie in bundles.
enum class Treatment : uint32_t {
  kNanIsZero = 0,
  kNanLeft = 1,
  kNanRight = 2,
  kZeroLeft = 3,
  kZeroRight = 4,
  kCategory = 5,
  kCategoryFromZero = 6,
  kCategoryBehindMissing = 7,
  kWholeCategory = 8,
};
inline constexpr double kZeroBound = 1e-35f;  // what LightGBM takes for zero
inline constexpr double kCategoryBound = 2147483648.0;

MAINSPRING_BOTH inline double treat_number(Treatment treatment, double value) {
  const bool missing = value != value;
  const bool zero = value >= -kZeroBound && value <= kZeroBound;
  switch (treatment) {
    case Treatment::kNanIsZero: return missing ? 0.0 : value;
    case Treatment::kNanLeft: return missing ? -kInfinity : value;
    case Treatment::kZeroLeft: return missing || zero ? -kInfinity : value;
    case Treatment::kZeroRight: return zero ? kQuietNan : value;
    default: return value;
  }
}

/// The category of a value, or kAboveAll: none, or one that no set can hold.
MAINSPRING_BOTH inline uint16_t category_of(Treatment treatment, double value) {
  uint64_t shift = 0;
  bool known = value >= 0.0 && value < kCategoryBound;
  if (treatment == Treatment::kCategory) known = value > -1.0 && value < kCategoryBound;
  if (treatment == Treatment::kCategoryBehindMissing) {
    if (value != value) return 0;
    shift = 1;
  }
  if (!known) return kAboveAll;
  const auto whole = static_cast<uint64_t>(value);
  if (treatment == Treatment::kWholeCategory && static_cast<double>(whole) != value) {
    return kAboveAll;
  }
  const uint64_t category = whole + shift;
  return category < kAboveAll ? static_cast<uint16_t>(category) : kAboveAll;
}

/// How many of the thresholds are below the value: value <= thresholds[k] says rank <= k.
MAINSPRING_BOTH inline uint16_t rank_among(const double* thresholds, uint32_t count, double value) {
  if (value != value) return kAboveAll;
  uint32_t first = 0;
  while (count > 0) {
    const uint32_t half = count / 2;
    const bool up = thresholds[first + half] < value;
    first = up ? first + half + 1 : first;
    count = up ? count - half - 1 : half;
  }
  return static_cast<uint16_t>(first);
}

MAINSPRING_BOTH inline double feature_at(const RankArgs& args, uint64_t row, uint32_t feature) {
  const int64_t at = static_cast<int64_t>(row) * args.row_stride +
                     static_cast<int64_t>(feature) * args.feature_stride;
  if (args.narrow != nullptr) return args.narrow[at];
  const double value = args.wide[at];
  return args.rounds_inputs ? static_cast<double>(static_cast<float>(value)) : value;
}

MAINSPRING_BOTH inline void rank_row(const RankArgs& args, uint64_t row) {
  for (uint32_t i = 0; i < args.num_slots; ++i) {
    const DeviceSlot slot = args.slots[i];
    const auto treatment = static_cast<Treatment>(slot.treatment);
    const double value = feature_at(args, row, slot.feature);
    args.ranks[i * args.num_rows + row] =
        treatment >= Treatment::kCategory
            ? category_of(treatment, value)
            : rank_among(args.thresholds + slot.first_threshold, slot.num_thresholds,
                         treat_number(treatment, value));
  }
}

MAINSPRING_BOTH inline bool goes_left(const DeviceForest& forest, const DeviceNode& node,
                                      uint16_t rank) {
  if ((node.slot & kSetFlag) == 0) return rank <= node.rank;
  const DeviceSet set = forest.sets[node.rank];
  return static_cast<uint32_t>(rank >> 5) < set.num_words &&
         (forest.set_words[set.first_word + (rank >> 5)] >> (rank & 31) & 1) != 0;
}

MAINSPRING_BOTH inline uint32_t find_leaf(const WalkArgs& args, uint32_t root, uint64_t row) {
  uint32_t at = root;
  for (DeviceNode node = args.forest.nodes[at]; node.slot != kLeaf; node = args.forest.nodes[at]) {
    const uint32_t slot = node.slot & ~uint32_t{kSetFlag};
    const uint16_t rank = args.ranks[slot * args.num_rows + row];
    at = node.left + (goes_left(args.forest, node, rank) ? 0 : 1);
  }
  return at;
}

/// The sum of two floats held in doubles, rounded as if it had been added in float32.
MAINSPRING_BOTH inline double add_score(bool as_floats, double sum, double summand) {
  return as_floats ? static_cast<double>(static_cast<float>(sum + summand)) : sum + summand;
}

MAINSPRING_BOTH inline void add_vector(const DeviceForest& forest, double leaf, double* scores) {
  const uint64_t first = static_cast<uint64_t>(leaf) * forest.leaf_width;
  for (uint32_t i = 0; i < forest.leaf_width; ++i) {
    const double summand = forest.narrow_vectors != nullptr
                               ? static_cast<double>(forest.narrow_vectors[first + i])
                               : forest.wide_vectors[first + i];
    scores[i] = add_score(forest.sums_floats, scores[i], summand);
  }
}

MAINSPRING_BOTH inline void walk_row(const WalkArgs& args, uint64_t row) {
  const DeviceForest& forest = args.forest;
  double* scores = args.scores + row * forest.num_outputs;
  if (forest.num_outputs == 1 && forest.leaf_width == 1) {
    double sum = forest.bases[0];
    for (uint32_t t = 0; t < forest.num_trees; ++t) {
      const uint32_t leaf = find_leaf(args, forest.trees[t].root, row);
      sum = add_score(forest.sums_floats, sum, forest.leaves[leaf]);
    }
    scores[0] = sum;
    return;
  }
  for (uint32_t i = 0; i < forest.num_outputs; ++i) scores[i] = forest.bases[i];
  for (uint32_t t = 0; t < forest.num_trees; ++t) {
    const DeviceTree tree = forest.trees[t];
    const double leaf = forest.leaves[find_leaf(args, tree.root, row)];
    if (forest.leaf_width != 1) {
      add_vector(forest, leaf, scores);
    } else {
      scores[tree.output] = add_score(forest.sums_floats, scores[tree.output], leaf);
    }
  }
}

}  // namespace mainspring::gpu

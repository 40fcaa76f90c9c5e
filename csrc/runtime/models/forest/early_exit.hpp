// Raw scores that stop as soon as it is certain on which side of a threshold they will be.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Trees between two looks at a row's sum.
inline constexpr uint32_t kTreesAtOnce = 8;

constexpr uint32_t num_exits(const ForestHeader& header) {
  return (header.num_trees + kTreesAtOnce - 1) / kTreesAtOnce;
}

/// What the trees behind exit k, which comes behind kTreesAtOnce * (k + 1) trees, add at least and
/// at most, and the most that the rounding of a sum may come to: 4 n u (|base| + sum of the largest
/// |leaf| of n trees), u being half a unit of the sum's last place. num_exits() of each. The forest
/// has one output, and numbers in its leaves.
void exit_bounds(const ForestView& forest, double* low, double* high) noexcept;

struct EarlyExit {
  const double* low;
  const double* high;
  double threshold;
};

/// Eight rows of slot values.
uint64_t early_exit_scratch_bytes(const ForestView& forest) noexcept;

/// Raw scores of rows; a row stops at the first exit where sum + low > threshold, or sum + high <=
/// threshold, and its score is then sum + (low + high) / 2: above the threshold exactly if the
/// whole sum is.
void predict_early(const ForestView& forest, const EarlyExit& exit, const FeatureTile& features,
                   uint8_t* scratch, double* out) noexcept;

}  // namespace mainspring

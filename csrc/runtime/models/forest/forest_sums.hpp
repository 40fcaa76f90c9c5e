// What leaves add to the scores of rows, in the sums of their library.
#pragma once
#include "runtime/models/forest/forest.hpp"
#include "runtime/models/forest/lane_walk.hpp"
#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

/// The sum of two floats held in doubles is exact enough there to be rounded to float32 as if it
/// had been added in float32 (Figueroa, 1995: 53 >= 2 * 24 + 2 digits).
inline double float_sum(double sum, double summand) {
  return static_cast<double>(static_cast<float>(sum + summand));
}

/// Adds leaves that are vectors, of at most kLaneGroups groups of rows, whose scores lie `stride`
/// apart; `scores` is the output of their tree in the first row.
template <class Vector>
void add_leaf_vectors(const ForestView& forest, const Vector* vectors, const uint32_t* leaves,
                      uint32_t count, double* scores, uint32_t stride) {
  const uint64_t width = forest.header->leaf_width;
  const Vector* of_rows[kLaneGroups * kChains];
  for (uint32_t k = 0; k < count; ++k) {
    of_rows[k] = vectors + static_cast<uint64_t>(forest.nodes[leaves[k]].leaf) * width;
    __builtin_prefetch(of_rows[k]);
  }
  for (uint32_t k = 0; k < count; ++k, scores += stride) {
    for (uint64_t i = 0; i < width; ++i) {
      const auto summand = static_cast<double>(of_rows[k][i]);
      scores[i] =
          sizeof(Vector) == sizeof(float) ? float_sum(scores[i], summand) : scores[i] + summand;
    }
  }
}

}  // namespace mainspring

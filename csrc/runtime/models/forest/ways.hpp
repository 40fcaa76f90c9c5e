// How a number of rows goes through a forest: the one place that says what is chosen when.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/forest.hpp"

namespace mainspring {

enum class ForestWay : uint8_t {
  kWalk,    // down the nodes, eight rows in one tree or one row in eight trees
  kBits,    // row by row, down the bit nodes
  kQuick,   // row by row through the quick form
  kBlocks,  // bit-sliced blocks
};

/// From how many rows on one block is faster than these rows one by one: a block of 64 costs the
/// same for one row. Where the times cross, measured with forests of 100 trees of 31 leaves, 200 of
/// 63 with categories, and 500 of depth 8: AVX-512 13, 20 and 17 rows (30 for the quick form), AVX2
/// 14, 17 and 18, baseline 30, 30 and 41.
struct FewestBlockRows {
  uint32_t than_bits, than_quick, than_walks;
};

/// By IsaLevel.
inline constexpr FewestBlockRows kFewestBlockRows[] = {
    {32, 32, 24},
    {16, 16, 16},
    {18, 30, 16},
};

/// Follows from the arguments alone, never from a measurement.
ForestWay way_through(const ForestView& forest, uint32_t num_rows, IsaLevel level) noexcept;

}  // namespace mainspring

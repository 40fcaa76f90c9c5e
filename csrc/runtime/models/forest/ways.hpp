// How a number of rows goes through a forest: the one place that says what is chosen when.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/forest.hpp"

namespace mainspring {

enum class ForestWay : uint8_t {
  kWalk,         // down the nodes, eight rows in one tree or one row in six trees
  kBits,         // row by row, down the bit nodes
  kClusters,     // row by row, three levels at a time
  kClusterRows,  // rows together, three levels of eight trees at a time
  kQuick,        // through the quick form, row by row or 16 rows side by side
  kBlocks,       // bit-sliced blocks
};

/// From how many rows on one block is faster than these rows one by one: the steps of a block of 64
/// are the same for one row. Where the times cross, measured with forests of 200 trees of 63 leaves
/// with categories, of 500 of depth 8, and of 1,000 of 255 leaves when others use the caches in
/// between: AVX-512 16, 18 and 12 rows, with masks of 16 bits 9 (100 trees of 31 leaves: 48 for the
/// quick form), AVX2 14 and 18, baseline 29 and 41. Symmetric trees have no steps: 4, 4 and 14.
/// Clusters, with AVX-512 alone: 43 rows of 500 trees of depth 8, about 80 of 1,000 trees of 255
/// leaves.
struct FewestBlockRows {
  uint32_t than_bits, than_clusters, than_quick, than_walks, if_symmetric;
};

/// By IsaLevel.
inline constexpr FewestBlockRows kFewestBlockRows[] = {
    {32, 0, 32, 24, 14},
    {16, 0, 16, 16, 5},
    {10, 40, 48, 16, 5},
};

/// Where a forest has no program: fewer rows go one by one down clusters of nodes that compare
/// values, with eight trees of a row side by side or, without VBMI, one. More go through eight
/// trees all together; without VBMI down the nodes, from about 180 rows of 200 trees of depth 16
/// on.
inline constexpr uint32_t kFewestValueRows = 24;
inline constexpr uint32_t kFewestWalkedRows = 128;

/// Fewer go through the quick form one by one.
inline constexpr uint32_t kFewestQuickRows = 6;

/// Of devices that have blocks, which are all kSliceRows wide. In WebAssembly, 100 trees of 31
/// leaves.
inline constexpr uint32_t kFewestBlockRowsOfDevices = 32;

/// Rows that predict_raw() of this model takes at a time, kTileRows or more.
uint32_t rows_at_a_time(const ModelView& model) noexcept;

/// Forms that were made of a forest when a bundle was opened, for this process alone.
enum class MadeClusters : uint8_t {
  kNone,
  kAlone,       // trees are walked one by one
  kSideBySide,  // or eight side by side
};

/// Follows from the arguments alone, never from a measurement.
ForestWay way_through(const ForestView& forest, uint32_t num_rows, IsaLevel level,
                      MadeClusters clusters = MadeClusters::kNone) noexcept;

}  // namespace mainspring

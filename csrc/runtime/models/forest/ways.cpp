// Single rows by the best form that lies in the bundle; then blocks.
#include "runtime/models/forest/ways.hpp"

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

ForestWay way_through(const ForestView& forest, uint32_t num_rows, IsaLevel level,
                      [[maybe_unused]] MadeClusters clusters) noexcept {
#if defined(MAINSPRING_SMALL) && !defined(MAINSPRING_BLOCKS)
  (void)forest, (void)num_rows, (void)level;
  return ForestWay::kWalk;
#elif defined(MAINSPRING_SMALL)
  (void)level;
  return forest.program != nullptr && num_rows >= kFewestBlockRowsOfDevices ? ForestWay::kBlocks
                                                                            : ForestWay::kWalk;
#else
  if (forest.program == nullptr) {
    if (clusters == MadeClusters::kSideBySide) {
      return num_rows < kFewestValueRows ? ForestWay::kClusters : ForestWay::kClusterRows;
    }
    const bool are_few = clusters == MadeClusters::kAlone && num_rows < kFewestWalkedRows;
    return are_few ? ForestWay::kClusters : ForestWay::kWalk;
  }
  const SlicedView view = view_sliced(forest.program, *forest.header);
  const FewestBlockRows& fewest = kFewestBlockRows[static_cast<uint32_t>(level)];
  if (has_quick(view, level)) {
    return num_rows < fewest.than_quick ? ForestWay::kQuick : ForestWay::kBlocks;
  }
  const bool splits_none = view.header->num_masks == 1;  // all of its trees are symmetric
  if (splits_none && num_rows >= fewest.if_symmetric) return ForestWay::kBlocks;
  if (clusters != MadeClusters::kNone && fewest.than_clusters != 0) {
    return num_rows < fewest.than_clusters ? ForestWay::kClusters : ForestWay::kBlocks;
  }
  if (view.header->num_bits != 0) {
    return num_rows < fewest.than_bits ? ForestWay::kBits : ForestWay::kBlocks;
  }
  return num_rows < fewest.than_walks ? ForestWay::kWalk : ForestWay::kBlocks;
#endif
}

}  // namespace mainspring

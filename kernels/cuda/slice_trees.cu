// The kernels of slice_rows.hpp, one for each depth of trees, and one for symmetric trees: a warp
// takes 32 rows, and waits for no other.
#include "launches.hpp"
#include "slice_rows.hpp"

namespace mainspring::gpu {

namespace {

constexpr uint32_t kAllLanes = 0xFFFFFFFF;

/// The words of a tile's conditions: a lane keeps every 32nd ballot, and all are written at once.
__device__ __forceinline__ void ask(const SliceArgs& args, const SliceTile& tile, uint64_t row,
                                    uint32_t lane, uint32_t* masks) {
  uint32_t slot = kLeaf;
  uint16_t rank = 0;
  for (uint32_t first = 0; first < tile.num_conditions; first += kWarpRows) {
    const uint32_t count = min(kWarpRows, tile.num_conditions - first);
    uint32_t own = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const DeviceCondition condition = args.slices.conditions[tile.first_condition + first + i];
      if (condition.slot != slot) rank = rank_of(args, condition.slot, row);
      slot = condition.slot;
      const uint32_t mask = __ballot_sync(kAllLanes, goes_right(args, condition, rank));
      if (lane == i) own = mask;
    }
    if (lane < count) masks[first + lane] = own;
  }
}

template <uint32_t DEPTH>
__global__ void __launch_bounds__(kForestRows) slice_trees(const SliceArgs args) {
  __shared__ SliceShared shared;
  const uint32_t warp = threadIdx.x / kWarpRows, lane = threadIdx.x % kWarpRows;
  const uint64_t stride = uint64_t{gridDim.x} * kForestRows;
  for (uint64_t first = uint64_t{blockIdx.x} * kForestRows + warp * kWarpRows;
       first < args.num_rows; first += stride) {
    const uint64_t row = first + lane;
    double sum = begin_sums(args, row);
    for (uint32_t i = 0; i < args.slices.num_tiles; ++i) {
      const SliceTile tile = args.slices.tiles[i];
      ask(args, tile, row, lane, shared.masks[warp]);
      __syncwarp();
      for (uint32_t group = tile.first_group; group < tile.end_group; ++group) {
        find_planes<DEPTH>(args, group, shared.masks[warp], lane,
                           shared.planes[warp] + lane * kMaxSymmetricDepth);
        __syncwarp();
        sum = add_leaves<DEPTH>(args, group, shared.planes[warp], row, lane, sum);
        __syncwarp();
      }
    }
    end_sums(args, row, sum);
  }
}

}  // namespace

void launch_slice_trees(const SliceArgs& args, uint32_t num_blocks, Stream stream) {
  const auto launch = [&](auto kernel) {
    kernel<<<num_blocks, kForestRows, 0, static_cast<cudaStream_t>(stream)>>>(args);
  };
  if (args.slices.is_symmetric) return launch(slice_trees<kSymmetric>);
  switch (args.slices.depth) {
    case 1: return launch(slice_trees<1>);
    case 2: return launch(slice_trees<2>);
    case 3: return launch(slice_trees<3>);
    case 4: return launch(slice_trees<4>);
    case 5: return launch(slice_trees<5>);
    default: return launch(slice_trees<kMaxSliceDepth>);
  }
}

}  // namespace mainspring::gpu

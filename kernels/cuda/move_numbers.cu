// The kernel of move_number: a thread a number, blocks in turn.
#include "launches.hpp"
#include "layer_rows.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kLayerThreads) move_numbers(const MoveArgs args) {
  const uint64_t count = args.num_rows * args.num_columns;
  const uint64_t stride = uint64_t{gridDim.x} * kLayerThreads;
  for (uint64_t i = uint64_t{blockIdx.x} * kLayerThreads + threadIdx.x; i < count; i += stride) {
    move_number(args, i);
  }
}

}  // namespace

void launch_move_numbers(const MoveArgs& args, uint32_t num_blocks, Stream stream) {
  move_numbers<<<num_blocks, kLayerThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernel of gather_row: a thread a row, blocks in turn.
#include "launches.hpp"
#include "number_pass.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) gather_numbers(const GatherArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    gather_row(args, row);
  }
}

}  // namespace

void launch_gather_numbers(const GatherArgs& args, uint32_t num_blocks, Stream stream) {
  gather_numbers<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

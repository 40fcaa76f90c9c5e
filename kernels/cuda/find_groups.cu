// The kernel of find_group: a thread a row, blocks in turn.
#include "group_pass.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) find_groups(const FindGroupArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    find_group(args, row);
  }
}

}  // namespace

void launch_find_groups(const FindGroupArgs& args, uint32_t num_blocks, Stream stream) {
  find_groups<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

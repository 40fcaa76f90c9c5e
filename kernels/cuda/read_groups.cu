// The kernel of read_group: a thread a row, blocks in turn.
#include "group_pass.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) read_groups(const ReadGroupArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    read_group(args, row);
  }
}

}  // namespace

void launch_read_groups(const ReadGroupArgs& args, uint32_t num_blocks, Stream stream) {
  read_groups<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

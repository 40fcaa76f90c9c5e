// The kernel of find_run: a thread each, blocks in turn.
#include "embedding_rows.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) find_runs(const RunArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    find_run(args, row);
  }
}

}  // namespace

void launch_find_runs(const RunArgs& args, uint32_t num_blocks, Stream stream) {
  find_runs<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

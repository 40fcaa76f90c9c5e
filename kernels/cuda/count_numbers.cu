// The kernel of count_rows: each block counts in its shared memory, and adds that to the totals
// once.
#include "launches.hpp"
#include "number_pass.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) count_numbers(const CountArgs args) {
  __shared__ CountShared shared;
  clear_counts(args, shared, threadIdx.x);
  __syncthreads();
  count_rows(args, shared, uint64_t{blockIdx.x} * kPassThreads + threadIdx.x,
             uint64_t{gridDim.x} * kPassThreads);
  __syncthreads();
  add_counts(args, shared, threadIdx.x);
}

}  // namespace

void launch_count_numbers(const CountArgs& args, uint32_t num_blocks, Stream stream) {
  count_numbers<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

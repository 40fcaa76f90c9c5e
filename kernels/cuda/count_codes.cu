// The kernel of count_codes_of: each block counts in its shared memory, and adds that to the totals
// once.
#include "code_pass.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) count_codes(const CodeArgs args) {
  __shared__ CodeShared shared;
  clear_codes(args, shared, threadIdx.x);
  __syncthreads();
  count_codes_of(args, shared, uint64_t{blockIdx.x} * kPassThreads + threadIdx.x,
                 uint64_t{gridDim.x} * kPassThreads, threadIdx.x);
  __syncthreads();
  add_codes(args, shared, threadIdx.x);
}

}  // namespace

void launch_count_codes(const CodeArgs& args, uint32_t num_blocks, Stream stream) {
  count_codes<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernel of weight_gradient: a thread each, blocks in turn.
#include "embedding_rows.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) weight_gradients(const WeightArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    weight_gradient(args, row);
  }
}

}  // namespace

void launch_weight_gradients(const WeightArgs& args, uint32_t num_blocks, Stream stream) {
  weight_gradients<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernel of order_row: a thread a row, blocks in turn.
#include "launches.hpp"
#include "number_pass.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) order_numbers(const OrderArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    order_row(args, row);
  }
}

}  // namespace

void launch_order_numbers(const OrderArgs& args, uint32_t num_blocks, Stream stream) {
  order_numbers<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

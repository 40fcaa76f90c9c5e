// The kernel of list_row: a thread a row, blocks in turn.
#include "launches.hpp"
#include "number_pass.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kPassThreads) list_numbers(const ListArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < args.num_rows;
       row += stride) {
    list_row(args, row);
  }
}

}  // namespace

void launch_list_numbers(const ListArgs& args, uint32_t num_blocks, Stream stream) {
  list_numbers<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

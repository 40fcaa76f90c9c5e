// The kernel of combine_row: a thread a row, blocks in turn.
#include "combine_rows.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kForestRows) combine_rows(const CombineArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kForestRows;
  for (uint64_t row = uint64_t{blockIdx.x} * kForestRows + threadIdx.x; row < args.num_rows;
       row += stride) {
    combine_row(args, row);
  }
}

}  // namespace

void launch_combine_rows(const CombineArgs& args, uint32_t num_blocks, Stream stream) {
  combine_rows<<<num_blocks, kForestRows, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

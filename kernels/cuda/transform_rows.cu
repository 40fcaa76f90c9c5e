// The kernel of transform_rows.hpp: blocks take blocks of rows in turn.
#include "launches.hpp"
#include "transform_rows.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kBlockRows) transform_rows(const TransformArgs args) {
  __shared__ TransformShared shared;
  const uint64_t stride = uint64_t{gridDim.x} * kBlockRows;
  for (uint64_t row = uint64_t{blockIdx.x} * kBlockRows; row < args.num_rows; row += stride) {
    for (uint32_t i = 0; i < args.num_chunks; ++i) {
      const DeviceChunk chunk = args.chunks[i];
      run_chunk(args, chunk, shared, row, threadIdx.x);
      __syncthreads();
      write_chunk(args, chunk, shared, row, threadIdx.x);
      __syncthreads();
    }
  }
}

}  // namespace

void launch_transform_rows(const TransformArgs& args, uint32_t num_blocks, Stream stream) {
  transform_rows<<<num_blocks, kBlockRows, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernel of key_id: a thread each, blocks in turn.
#include "embedding_rows.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

/// Ids and offsets, whichever are more.
__device__ uint64_t num_places(const KeyArgs& args) {
  return args.num_offsets > args.lookup.num_ids ? args.num_offsets : args.lookup.num_ids;
}

__global__ void __launch_bounds__(kPassThreads) key_ids(const KeyArgs args) {
  const uint64_t stride = uint64_t{gridDim.x} * kPassThreads;
  for (uint64_t row = uint64_t{blockIdx.x} * kPassThreads + threadIdx.x; row < num_places(args);
       row += stride) {
    key_id(args, row);
  }
}

}  // namespace

void launch_key_ids(const KeyArgs& args, uint32_t num_blocks, Stream stream) {
  key_ids<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernel of copy_text: a warp a text, warps in turn.
#include "group_pass.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

constexpr uint32_t kLanes = 32;

__global__ void __launch_bounds__(kPassThreads) copy_texts(const CopyTextArgs args) {
  constexpr uint32_t kWarps = kPassThreads / kLanes;
  const uint64_t stride = uint64_t{gridDim.x} * kWarps;
  for (uint64_t i = uint64_t{blockIdx.x} * kWarps + threadIdx.x / kLanes; i < args.num_rows;
       i += stride) {
    copy_text(args, i, threadIdx.x % kLanes, kLanes);
  }
}

}  // namespace

void launch_copy_texts(const CopyTextArgs& args, uint32_t num_blocks, Stream stream) {
  copy_texts<<<num_blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

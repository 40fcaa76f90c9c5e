// The kernel of run_network_unit: a thread a number of a row, or a vector, blocks in turn.
#include "launches.hpp"
#include "layer_rows.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kLayerThreads) network_rows(const NetworkArgs args) {
  const uint64_t count = args.num_rows * args.num_units;
  const uint64_t stride = uint64_t{gridDim.x} * kLayerThreads;
  for (uint64_t i = uint64_t{blockIdx.x} * kLayerThreads + threadIdx.x; i < count; i += stride) {
    run_network_unit(args, i);
  }
}

}  // namespace

void launch_network_rows(const NetworkArgs& args, uint32_t num_blocks, Stream stream) {
  network_rows<<<num_blocks, kLayerThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

// The kernels of a layer over rows, of floats and of doubles: a block a tile, tiles in turn.
#include "launches.hpp"
#include "layer_rows.hpp"

namespace mainspring::gpu {

namespace {

template <class T>
__global__ void __launch_bounds__(kLayerThreads) run_layer(const LayerArgs args) {
  for (uint64_t tile = blockIdx.x; tile < args.num_tiles; tile += gridDim.x) {
    run_layer_tile<T>(args, tile, threadIdx.x);
  }
}

}  // namespace

void launch_run_layer(const LayerArgs& args, bool is_double, uint32_t num_blocks, Stream stream) {
  const auto on_stream = static_cast<cudaStream_t>(stream);
  if (is_double) {
    run_layer<double><<<num_blocks, kLayerThreads, 0, on_stream>>>(args);
  } else {
    run_layer<float><<<num_blocks, kLayerThreads, 0, on_stream>>>(args);
  }
}

}  // namespace mainspring::gpu

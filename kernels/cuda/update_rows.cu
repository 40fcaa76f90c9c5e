// The kernel that updates rows: a block a run of equal ids, blocks in turn.
#include "embedding_rows.hpp"
#include "launches.hpp"

namespace mainspring::gpu {

namespace {

__global__ void __launch_bounds__(kRunThreads, 8) update_rows(const UpdateArgs args) {
  __shared__ UpdateShared shared;
  const uint32_t thread = threadIdx.x;
  const bool clips = args.rule.clip_norm < __builtin_inff();
  float* g = args.scratch + blockIdx.x * args.widest;
  for (uint64_t run = blockIdx.x; run < args.num_runs; run += gridDim.x) {
    const uint64_t head = args.heads[run];
    const RowPlace place = row_place(args, head);
    sum_run(args, place, head, g, thread);
    if (update_of(args) == Update::kGradient) continue;
    if (thread == 0) shared.factor = 1.0F;
    __syncthreads();
    if (clips) {
      square_lane(place, g, shared, thread);
      __syncthreads();
      if (thread == 0) find_factor(args, shared);
      __syncthreads();
    }
    prepare_gradient(args, place, g, shared, thread);
    __syncthreads();
    if (is_row_wise(update_of(args))) {
      square_lane(place, g, shared, thread);
      __syncthreads();
      if (thread == 0) find_row_step(args, place, shared);
      __syncthreads();
    }
    write_row(args, place, g, shared, thread);
    __syncthreads();
  }
}

}  // namespace

void launch_update_rows(const UpdateArgs& args, uint32_t num_blocks, Stream stream) {
  update_rows<<<num_blocks, kRunThreads, 0, static_cast<cudaStream_t>(stream)>>>(args);
}

}  // namespace mainspring::gpu

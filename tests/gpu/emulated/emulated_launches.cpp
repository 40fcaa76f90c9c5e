// Every kernel as loops over blocks and threads: the same bodies, phase by phase, where a GPU's
// threads would meet.
#include <memory>

#include "finish_rows.hpp"
#include "forest_rows.hpp"
#include "launches.hpp"
#include "transform_rows.hpp"

namespace mainspring::gpu {

void note_launch(Stream stream);

namespace {

/// Kernels of a thread a row.
template <class Args, class Body>
void run_rows(const Args& args, uint32_t num_blocks, Stream stream, Body body) {
  note_launch(stream);
  const uint64_t num_threads = uint64_t{num_blocks} * kForestRows;
  for (uint64_t thread = 0; thread < num_threads; ++thread) {
    for (uint64_t row = thread; row < args.num_rows; row += num_threads) body(args, row);
  }
}

}  // namespace

void launch_rank_rows(const RankArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, rank_row);
}
void launch_walk_trees(const WalkArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, walk_row);
}
void launch_finish_rows(const FinishArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, finish_row);
}

void launch_transform_rows(const TransformArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  const auto shared = std::make_unique<TransformShared>();
  for (uint32_t block = 0; block < num_blocks; ++block) {
    for (uint64_t row = uint64_t{block} * kBlockRows; row < args.num_rows;
         row += uint64_t{num_blocks} * kBlockRows) {
      for (uint32_t i = 0; i < args.num_chunks; ++i) {
        for (uint32_t thread = 0; thread < kBlockRows; ++thread) {
          run_chunk(args, args.chunks[i], *shared, row, thread);
        }
        for (uint32_t thread = 0; thread < kBlockRows; ++thread) {
          write_chunk(args, args.chunks[i], *shared, row, thread);
        }
      }
    }
  }
}

}  // namespace mainspring::gpu

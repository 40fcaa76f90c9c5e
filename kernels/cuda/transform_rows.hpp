// Rows through a plan to a row-major float32 matrix: a thread a row runs the steps of a chunk of
// features into the block's stage, then the block writes the stage as rows, whole lines at a time.
// Between the two phases all threads of a block meet; an emulation runs one after the other.
#pragma once
#include "run_step.hpp"

namespace mainspring::gpu {

/// Phase 1 of a chunk. Steps of earlier chunks may have left values in words.
MAINSPRING_BOTH inline void run_chunk(const TransformArgs& args, const DeviceChunk& chunk,
                                      TransformShared& shared, uint64_t first_row,
                                      uint32_t thread) {
  const uint64_t row_number = first_row + thread;
  if (row_number >= args.num_rows) return;
  const RowWords row{shared, thread};
  for (uint32_t i = chunk.first_step; i < chunk.end_step; ++i) {
    run_step(args.steps[i], args.columns, row_number, row, shared.stage[thread]);
  }
}

/// Phase 2: neighbouring threads write neighbouring features.
MAINSPRING_BOTH inline void write_chunk(const TransformArgs& args, const DeviceChunk& chunk,
                                        const TransformShared& shared, uint64_t first_row,
                                        uint32_t thread) {
  const uint64_t left = args.num_rows - first_row;
  const uint32_t num_rows = left < kBlockRows ? static_cast<uint32_t>(left) : kBlockRows;
  for (uint32_t i = thread; i < num_rows * chunk.num_features; i += kBlockRows) {
    const uint32_t row = i / chunk.num_features, feature = i % chunk.num_features;
    args.out[(first_row + row) * args.row_stride + chunk.first_feature + feature] =
        shared.stage[row][feature];
  }
}

}  // namespace mainspring::gpu

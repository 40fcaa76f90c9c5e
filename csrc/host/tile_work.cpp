// Blocks of 128 rows: work that is heavy enough for the pool from the second one on.
#include "host/tile_work.hpp"

#include <algorithm>

#include "host/match_columns.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 128;

/// Calls body(first row, number of rows) for blocks of all rows, here or on the pool.
template <class Body>
void for_row_blocks(uint64_t num_rows, const Body& body) {
  const uint64_t num_blocks = (num_rows + kBlockRows - 1) / kBlockRows;
  const auto run = [&](uint64_t block, uint32_t) {
    const uint64_t first = block * kBlockRows;
    body(first, std::min<uint64_t>(kBlockRows, num_rows - first));
  };
  if (num_blocks == 1) {
    run(0, 0);
  } else if (num_blocks != 0) {
    parallel_for(num_blocks, run);
  }
}

void work_on_columns(const BundleImage& bundle, const TileWork& work, const ColumnView* columns,
                     uint64_t first_row, uint64_t num_rows, double* out) {
  const BundleView& view = bundle.view();
  const uint64_t plan_bytes = scratch_bytes(view);
  uint8_t* scratch = thread_scratch(plan_bytes + work.scratch_bytes);
  for (uint64_t done = 0; done < num_rows;) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, num_rows - done));
    FeatureTile tile{};
    check_texts(model_tile(view, process_kernels(), columns, first_row + done, count, scratch,
                           thread_texts(), &tile));
    work.run(tile, scratch + plan_bytes, out + done * work.width);
    done += tile.num_rows;
  }
}

}  // namespace

FeatureTile tile_of(const FeatureMatrix& rows, uint64_t first, uint64_t count) {
  const int64_t at = static_cast<int64_t>(first) * rows.row_stride;
  return {rows.narrow == nullptr ? nullptr : rows.narrow + at,
          rows.wide == nullptr ? nullptr : rows.wide + at, static_cast<uint32_t>(count),
          rows.row_stride, rows.feature_stride};
}

void work_on_matrix(const TileWork& work, const FeatureMatrix& rows, double* out) {
  for_row_blocks(rows.num_rows, [&](uint64_t first, uint64_t count) {
    work.run(tile_of(rows, first, count), thread_scratch(work.scratch_bytes),
             out + first * work.width);
  });
}

void work_on_table(const BundleImage& bundle, const TileWork& work, const Table& table,
                   double* out) {
  for (const BatchColumns& batch : match_columns(bundle, table)) {
    double* of_batch = out + batch.first_row * work.width;
    for_row_blocks(batch.num_rows, [&](uint64_t first, uint64_t count) {
      work_on_columns(bundle, work, batch.columns.data(), first, count,
                      of_batch + first * work.width);
    });
  }
}

void work_on_rows(const BundleImage& bundle, const TileWork& work, const ColumnView* columns,
                  uint64_t num_rows, double* out) {
  work_on_columns(bundle, work, columns, 0, num_rows, out);
}

}  // namespace mainspring

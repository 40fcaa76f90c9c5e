// Cuts a table into blocks of whole tiles and hands them to the pool. A row's result depends on
// the row alone, so blocks and threads leave no trace in it.
#include "host/parallel_predict.hpp"

#include <algorithm>
#include <vector>

#include "host/coded_table.hpp"
#include "host/match_columns.hpp"
#include "host/plan_features.hpp"
#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {
namespace {

// Waking the pool costs some 10 us: this many rows of the cheapest plan take about 50.
constexpr uint64_t kSerialRows = 2048;
constexpr uint64_t kMaxBlockTiles = 16;
// Blocks for each thread: enough that a slow one does not hold up the end.
constexpr uint64_t kBlocksPerThread = 4;
// Features of more bytes than this have left the caches of most machines before anybody reads them.
constexpr uint64_t kLargeBytes = 16 << 20;

struct Block {
  size_t batch;
  uint64_t first_row;  // in the batch
  uint64_t num_rows;
};

uint64_t rows_per_block(uint64_t num_rows) {
  const uint64_t tiles = num_rows / kTileRows / (uint64_t{num_threads()} * kBlocksPerThread);
  return std::clamp<uint64_t>(tiles, 1, kMaxBlockTiles) * kTileRows;
}

/// Calls body(block) for all rows of the batches, here or on the pool.
template <class Body>
void for_blocks(const std::vector<uint64_t>& batch_rows, const Body& body) {
  uint64_t num_rows = 0;
  for (const uint64_t rows : batch_rows) num_rows += rows;
  if (num_rows <= kSerialRows || num_threads() == 1) {
    for (size_t batch = 0; batch < batch_rows.size(); ++batch) {
      body(Block{batch, 0, batch_rows[batch]});
    }
    return;
  }
  const uint64_t length = rows_per_block(num_rows);
  std::vector<Block> blocks;
  for (size_t batch = 0; batch < batch_rows.size(); ++batch) {
    for (uint64_t first = 0; first < batch_rows[batch]; first += length) {
      blocks.push_back({batch, first, std::min(length, batch_rows[batch] - first)});
    }
  }
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t) { body(blocks[item]); });
}

/// The same for rows of one piece, without memory: a single row costs less than an allocation.
template <class Body>
void for_rows(uint64_t num_rows, const Body& body) {
  if (num_rows <= kSerialRows || num_threads() == 1) {
    body(Block{0, 0, num_rows});
    return;
  }
  // One reference is small enough for std::function to hold it in place.
  const struct {
    const Body& body;
    uint64_t num_rows, length;
  } work{body, num_rows, rows_per_block(num_rows)};
  parallel_for((num_rows + work.length - 1) / work.length, [&work](uint64_t item, uint32_t) {
    const uint64_t first = item * work.length;
    work.body(Block{0, first, std::min(work.length, work.num_rows - first)});
  });
}

/// Calls body(coded table, batch, block) for all rows of the table, group by group. A BundleImage
/// is asked for scores, a BundleView for features.
template <class Bundle, class Body>
void for_coded_blocks(const Bundle& bundle, const std::vector<BatchColumns>& batches,
                      const Body& body) {
  CodedTable coded(bundle, batches);
  for (size_t first = 0; first < batches.size();) {
    const size_t end = coded.prepare(first);
    std::vector<uint64_t> rows;
    for (size_t batch = first; batch < end; ++batch) rows.push_back(batches[batch].num_rows);
    for_blocks(rows, [&](const Block& block) { body(coded, first + block.batch, block); });
    first = end;
  }
}

}  // namespace

void predict_table(const BundleImage& bundle, const Table& table, OutputKind kind, double* out) {
  const BundleView& view = bundle.view();
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  const Kernels& kernels = process_kernels();
  const uint64_t width = output_width(view, kind);
  if (joins_sparse(view)) {
    std::vector<uint64_t> rows;
    for (const BatchColumns& batch : batches) rows.push_back(batch.num_rows);
    for_blocks(rows, [&](const Block& block) {
      const BatchColumns& batch = batches[block.batch];
      predict_joined(bundle, batch.columns.data(), block.first_row, block.num_rows, kind,
                     out + (batch.first_row + block.first_row) * width);
    });
    return;
  }
  for_coded_blocks(bundle, batches, [&](const CodedTable& coded, size_t at, const Block& block) {
    const BatchColumns& batch = batches[at];
    check_texts(predict_rows(coded.bundle(), kernels, batch.columns.data(), block.first_row,
                             block.num_rows, kind, thread_scratch(coded.scratch_bytes()),
                             thread_texts(), out + (batch.first_row + block.first_row) * width,
                             coded.columns(at), coded.ranked()));
  });
}

void transform_table(const BundleImage& bundle, const Table& table, float* out,
                     uint64_t row_stride) {
  const bool is_large = table.num_rows() * row_stride * sizeof(float) >= kLargeBytes;
  check_dense(bundle.view(), table.num_rows());
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  const Kernels& kernels = process_kernels();
  const auto run = [&](const CodedTable& coded, size_t at, const Block& block) {
    const BatchColumns& batch = batches[at];
    check_texts(transform_rows(coded.bundle(), kernels, batch.columns.data(), block.first_row,
                               block.num_rows, thread_scratch(scratch_bytes(coded.bundle())),
                               thread_texts(),
                               out + (batch.first_row + block.first_row) * row_stride, row_stride,
                               coded.columns(at), is_large));
  };
  for_coded_blocks(bundle.view(), batches, run);
}

void predict_matrix_parallel(const BundleImage& bundle, const float* narrow, const double* wide,
                             int64_t row_stride, int64_t feature_stride, uint64_t num_rows,
                             OutputKind kind, double* out) {
  const BundleView& view = bundle.view();
  const Kernels& kernels = process_kernels();
  const uint64_t width = output_width(view, kind);
  const uint64_t length = scratch_bytes(view);
  for_rows(num_rows, [&](const Block& block) {
    const int64_t first = static_cast<int64_t>(block.first_row) * row_stride;
    predict_matrix(view, kernels, narrow == nullptr ? nullptr : narrow + first,
                   wide == nullptr ? nullptr : wide + first, row_stride, feature_stride,
                   block.num_rows, kind, thread_scratch(length), out + block.first_row * width);
  });
}

}  // namespace mainspring

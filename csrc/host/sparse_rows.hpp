// Compressed sparse rows that the engine writes: blocks of rows come in any order, from any thread,
// and end up in their place. Memory is that of the entries; nothing dense is ever made.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "host/bundle_image.hpp"
#include "host/growing_array.hpp"
#include "host/table.hpp"
#include "runtime/steps/sparse_tile.hpp"

namespace mainspring {

/// The rows of a matrix whose entries that are not there are 0. Row r has the entries
/// [starts[r], starts[r + 1]), features ascending.
struct SparseRows {
  uint64_t num_rows = 0;
  uint32_t num_features = 0;
  uint64_t num_entries = 0;
  /// num_rows + 1 of them: int32 where every number of entries fits, else int64. Exactly one has
  /// memory.
  GrowingArray<int32_t> narrow_starts;
  GrowingArray<int64_t> wide_starts;
  GrowingArray<int32_t> features;
  GrowingArray<float> values;
};

/// Runs rows [first_row, first_row + num_rows) of a batch, at most a tile of them, to `tile`.
using RunSparseTile = std::function<void(size_t batch, uint64_t first_row, uint32_t num_rows,
                                         uint32_t worker, SparseTile* tile)>;

/// All rows of the batches, on the pool. most_narrow: beyond so many entries starts are int64.
/// Throws std::bad_alloc.
SparseRows make_sparse_rows(std::span<const uint64_t> batch_rows, uint32_t num_features,
                            const RunSparseTile& run_tile, uint64_t most_narrow = INT32_MAX);

/// Rows that come one after the other, from one thread: run a plan to tile(), then append it.
class SparseRowList {
 public:
  SparseRowList(uint64_t num_rows, uint32_t num_features);
  ~SparseRowList();
  SparseRowList(const SparseRowList&) = delete;
  SparseRowList& operator=(const SparseRowList&) = delete;

  SparseTile* tile();
  /// The next `count` rows are those of tile(). Throws std::bad_alloc.
  void append(uint32_t count);
  SparseRows finish();

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

/// A table through a bundle. Throws what match_columns() throws.
SparseRows transform_to_sparse(const BundleImage& bundle, const Table& table);

}  // namespace mainspring

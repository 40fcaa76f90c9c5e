// Each thread runs a block of tiles into memory of its own; whoever has the next block in line
// appends it, and those behind it that are ready. A second pass that counts first would run every
// step twice, where appending costs one copy of the entries.
#include "host/sparse_rows.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/match_columns.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"
#include "runtime/predictor/sparse_rows.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kBlockRows = 16 * kTileRows;

/// The entries of a tile; the memory stays for the next one.
struct TileMemory : SparseTile {
  TileMemory() : SparseTile{nullptr, 0, 0, &grow_memory, false} {}

  static bool grow_memory(SparseTile* tile, uint64_t needed) noexcept {
    auto* self = static_cast<TileMemory*>(tile);
    if (!self->memory.try_reserve(needed)) return false;
    self->entries = self->memory.data();
    self->capacity = self->memory.capacity();
    return true;
  }

  GrowingArray<SparseEntry> memory;
};

/// The entries of a block, row by row.
struct BlockEntries {
  GrowingArray<int32_t> features;
  GrowingArray<float> values;
  uint64_t count = 0;
};

class Appender {
 public:
  explicit Appender(SparseRows* rows) : rows_(rows) {}

  /// Memory for a block: what another one has left, where there is some.
  BlockEntries start() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return {};
    BlockEntries entries = std::move(spare_.back());
    spare_.pop_back();
    entries.count = 0;
    return entries;
  }

  void finish(uint64_t block, BlockEntries entries) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(block, std::move(entries));
    for (auto found = waiting_.find(next_); found != waiting_.end(); found = waiting_.find(next_)) {
      append(found->second);
      spare_.push_back(std::move(found->second));
      waiting_.erase(found);
      ++next_;
    }
  }

 private:
  void append(const BlockEntries& entries) {
    if (entries.count == 0) return;
    const uint64_t first = rows_->num_entries;
    rows_->features.reserve(first + entries.count);
    rows_->values.reserve(first + entries.count);
    std::memcpy(rows_->features.data() + first, entries.features.data(),
                entries.count * sizeof(int32_t));
    std::memcpy(rows_->values.data() + first, entries.values.data(), entries.count * sizeof(float));
    rows_->num_entries += entries.count;
  }

  SparseRows* rows_;
  std::mutex mutex_;
  uint64_t next_ = 0;  // the block whose turn it is
  std::unordered_map<uint64_t, BlockEntries> waiting_;
  std::vector<BlockEntries> spare_;
};

/// The entries of a tile behind those of the block.
void append_tile(const SparseTile& tile, uint32_t num_rows, int64_t* row_entries,
                 BlockEntries* entries) {
  if (tile.incomplete) throw std::bad_alloc();
  entries->features.reserve(entries->count + tile.num_entries);
  entries->values.reserve(entries->count + tile.num_entries);
  order_by_row(tile, num_rows, row_entries, entries->features.data() + entries->count,
               entries->values.data() + entries->count);
  entries->count += tile.num_entries;
}

/// Numbers of entries in starts[1..] to where rows start.
void sum_up(SparseRows* rows, uint64_t most_narrow) {
  int64_t* starts = rows->wide_starts.data();
  starts[0] = 0;
  for (uint64_t row = 0; row < rows->num_rows; ++row) starts[row + 1] += starts[row];
  if (rows->num_entries > most_narrow) return;
  rows->narrow_starts.reserve(rows->num_rows + 1);
  for (uint64_t row = 0; row <= rows->num_rows; ++row) {
    rows->narrow_starts.data()[row] = static_cast<int32_t>(starts[row]);
  }
  rows->wide_starts = {};
}

}  // namespace

SparseRows make_sparse_rows(std::span<const uint64_t> batch_rows, uint32_t num_features,
                            const RunSparseTile& run_tile, uint64_t most_narrow) {
  struct Block {
    size_t batch;
    uint64_t first_row;  // in the batch
    uint64_t num_rows;
    uint64_t table_row;
  };
  SparseRows rows;
  rows.num_features = num_features;
  std::vector<Block> blocks;
  for (size_t batch = 0; batch < batch_rows.size(); ++batch) {
    for (uint64_t first = 0; first < batch_rows[batch]; first += kBlockRows) {
      const uint64_t count = std::min(kBlockRows, batch_rows[batch] - first);
      blocks.push_back({batch, first, count, rows.num_rows + first});
    }
    rows.num_rows += batch_rows[batch];
  }
  rows.wide_starts.reserve(rows.num_rows + 1);
  Appender appender(&rows);
  std::vector<TileMemory> tiles(num_threads());
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t worker) {
    const Block& block = blocks[item];
    TileMemory& tile = tiles[worker];
    BlockEntries entries = appender.start();
    for (uint64_t done = 0; done < block.num_rows; done += kTileRows) {
      const auto count =
          static_cast<uint32_t>(std::min<uint64_t>(kTileRows, block.num_rows - done));
      run_tile(block.batch, block.first_row + done, count, worker, &tile);
      append_tile(tile, count, rows.wide_starts.data() + block.table_row + done + 1, &entries);
    }
    appender.finish(item, std::move(entries));
  });
  sum_up(&rows, most_narrow);
  rows.features.shrink(rows.num_entries);
  rows.values.shrink(rows.num_entries);
  return rows;
}

struct SparseRowList::Memory {
  SparseRows rows;
  TileMemory tile;
  BlockEntries entries;
  uint64_t num_done = 0;
};

SparseRowList::SparseRowList(uint64_t num_rows, uint32_t num_features)
    : memory_(std::make_unique<Memory>()) {
  memory_->rows.num_rows = num_rows;
  memory_->rows.num_features = num_features;
  memory_->rows.wide_starts.reserve(num_rows + 1);
}

SparseRowList::~SparseRowList() = default;

SparseTile* SparseRowList::tile() { return &memory_->tile; }

void SparseRowList::append(uint32_t count) {
  int64_t* const starts = memory_->rows.wide_starts.data();
  append_tile(memory_->tile, count, starts + memory_->num_done + 1, &memory_->entries);
  memory_->num_done += count;
}

SparseRows SparseRowList::finish() {
  SparseRows rows = std::move(memory_->rows);
  rows.num_entries = memory_->entries.count;
  rows.features = std::move(memory_->entries.features);
  rows.values = std::move(memory_->entries.values);
  int64_t* const starts = rows.wide_starts.data();
  for (uint64_t row = memory_->num_done; row < rows.num_rows; ++row) starts[row + 1] = 0;
  sum_up(&rows, INT32_MAX);
  return rows;
}

SparseRows transform_to_sparse(const BundleImage& bundle, const Table& table) {
  const BundleView& view = bundle.view();
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  std::vector<uint64_t> batch_rows;
  for (const BatchColumns& batch : batches) batch_rows.push_back(batch.num_rows);
  const Kernels& kernels = process_kernels();
  const uint64_t length = sparse_scratch_bytes(view);
  return make_sparse_rows(
      batch_rows, view.plan.num_features,
      [&](size_t batch, uint64_t first, uint32_t count, uint32_t, SparseTile* tile) {
        transform_sparse_tile(view, kernels, batches[batch].columns.data(), first, count,
                              thread_scratch(length), thread_texts(), tile);
      });
}

}  // namespace mainspring

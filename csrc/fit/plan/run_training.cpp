// Blocks of rows over the pool, features transposed to rows as in serving.
#include "fit/plan/run_training.hpp"

#include <algorithm>

#include "fit/plan/fold_gather.hpp"
#include "host/bundle_image.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 32 * kTileRows;

struct Block {
  uint32_t batch;
  uint64_t first_row;
  uint64_t num_rows;
};

struct WorkerMemory {
  std::vector<uint8_t, SectionAllocator<uint8_t>> scratch;
  std::vector<float, SectionAllocator<float>> features;
};

}  // namespace

void run_training(PlanBuilder& plan, const std::vector<ColumnBinding>& inputs, const Table& table,
                  uint64_t first_row, float* out) {
  const PlanView view = plan.view();
  const Kernels& kernels = process_kernels();
  std::vector<std::vector<ColumnView>> columns;
  std::vector<Block> blocks;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    columns.push_back(bound_columns(inputs, table, batch));
    for (uint64_t row = 0; row < table.batch_rows(batch); row += kBlockRows) {
      blocks.push_back({batch, row, std::min(kBlockRows, table.batch_rows(batch) - row)});
    }
  }
  std::vector<WorkerMemory> memory(num_threads());
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t worker) {
    const Block& block = blocks[item];
    WorkerMemory& mine = memory[worker];
    mine.scratch.resize(uint64_t{view.num_slots} * kSlotBytes);
    mine.features.resize(uint64_t{view.num_features} * kTileRows);
    StepContext context{};
    context.kernels = &kernels;
    context.columns = columns[block.batch].data();
    context.scratch = mine.scratch.data();
    context.slots = view.slots;
    context.data = view.data;
    context.texts = thread_texts();
    context.features = mine.features.data();
    for (uint64_t done = 0; done < block.num_rows; done += kTileRows) {
      context.first_row = block.first_row + done;
      context.num_rows =
          static_cast<uint32_t>(std::min<uint64_t>(kTileRows, block.num_rows - done));
      const uint64_t table_row = table.batch_first_row(block.batch) + context.first_row;
      run_fit_plan(view, context, first_row + table_row);
      kernels.to_rows(mine.features.data(), view.num_features, context.num_rows,
                      out + table_row * view.num_features, view.num_features);
    }
  });
}

SparseRows run_training_sparse(PlanBuilder& plan, const std::vector<ColumnBinding>& inputs,
                               const Table& table, uint64_t first_row) {
  const PlanView view = plan.view();
  std::vector<std::vector<ColumnView>> columns;
  std::vector<uint64_t> batch_rows;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    columns.push_back(bound_columns(inputs, table, batch));
    batch_rows.push_back(table.batch_rows(batch));
  }
  std::vector<WorkerMemory> memory(num_threads());
  const auto run_tile = [&](size_t batch, uint64_t first, uint32_t count, uint32_t worker,
                            SparseTile* tile) {
    WorkerMemory& mine = memory[worker];
    mine.scratch.resize(uint64_t{view.num_slots} * kSlotBytes);
    StepContext context{};
    context.kernels = &process_kernels();
    context.columns = columns[batch].data();
    context.first_row = first;
    context.num_rows = count;
    context.scratch = mine.scratch.data();
    context.slots = view.slots;
    context.data = view.data;
    context.texts = thread_texts();
    context.sparse = tile;
    tile->num_entries = 0;
    tile->incomplete = false;
    run_fit_plan(view, context,
                 first_row + table.batch_first_row(static_cast<uint32_t>(batch)) + first);
  };
  return make_sparse_rows(batch_rows, view.num_features, run_tile);
}

}  // namespace mainspring

// Decodes one column tile by tile into the caller's memory, in row blocks over the pool.
#include "host/column_numbers.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 256 * kTileRows;  // about 100 us of decoding

struct Block {
  const ColumnView* view;
  uint64_t first_row;  // in the view
  uint64_t num_rows;
  double* out;
};

[[noreturn]] void throw_no_number(const Table::Column& column) {
  const char* fix = column.is_list ? "Make plain columns of its parts." : "Cast it to float64.";
  Error error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected numbers or bool. " + fix);
  throw error.column(column.name).expected("numbers or bool").got(column.type_name).hint(fix);
}

void copy_block(const Block& block, const Kernels& kernels) {
  alignas(64) double values[kTileRows];
  alignas(64) uint64_t validity[kValidityWords];
  for (uint64_t done = 0; done < block.num_rows; done += kTileRows) {
    const uint32_t rows =
        static_cast<uint32_t>(std::min<uint64_t>(kTileRows, block.num_rows - done));
    const Tile tile{ValueType::kF64, rows, values, validity, nullptr};
    decode_tile(*block.view, InputKind::kFloat, TimeUnit::kNone, block.first_row + done, kernels,
                tile);
    std::copy(values, values + rows, block.out + done);
  }
}

}  // namespace

void copy_numbers(const Table& table, uint32_t column, double* out) {
  std::vector<Block> blocks;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, column);
    if (!feeds(view, InputKind::kFloat)) throw_no_number(table.columns()[column]);
    const uint64_t rows = table.batch_rows(batch);
    for (uint64_t first = 0; first < rows; first += kBlockRows) {
      blocks.push_back(Block{&view, first, std::min(kBlockRows, rows - first),
                             out + table.batch_first_row(batch) + first});
    }
  }
  const Kernels& kernels = *kernels_for(detect_isa());
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t) { copy_block(blocks[item], kernels); });
}

}  // namespace mainspring

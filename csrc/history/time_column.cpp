// Reads columns of times block by block over the pool; plain ones are viewed where they lie.
#include "history/time_column.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 256 * kTileRows;

bool is_time(const Table::Column& column) {
  return !column.is_list &&
         (column.type == ColumnType::kDate32 || column.type == ColumnType::kDate64 ||
          column.type == ColumnType::kTimestamp);
}

bool is_integer(const Table::Column& column) {
  return !column.is_list && column.type >= ColumnType::kI8 && column.type <= ColumnType::kU64;
}

[[noreturn]] void throw_no_time(const Table::Column& column) {
  throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected a timestamp, a date or integers. Cast it.")
      .column(column.name)
      .expected("a timestamp, a date or integers")
      .got(column.type_name)
      .hint("Cast it.");
}

/// Whether the values can be used where they lie.
const int64_t* plain_values(const Table& table, uint32_t column, TimeUnit unit) {
  if (table.num_batches() != 1) return nullptr;
  const ColumnView& view = table.batch_column(0, column);
  const bool same = view.type == ColumnType::kTimestamp
                        ? view.unit == unit
                        : view.type == ColumnType::kI64 && unit == TimeUnit::kNone;
  if (!same || view.validity != nullptr) return nullptr;
  return static_cast<const int64_t*>(view.values) + view.offset;
}

struct Block {
  const ColumnView* view;
  uint64_t first_row, num_rows;
  int64_t* out;
};

uint64_t read_block(const Block& block, TimeUnit unit, const Kernels& kernels) {
  alignas(64) int64_t values[kTileRows];
  alignas(64) uint64_t validity[kValidityWords];
  uint64_t missing = 0;
  const InputKind kind = unit == TimeUnit::kNone ? InputKind::kInteger : InputKind::kTimestamp;
  for (uint64_t done = 0; done < block.num_rows; done += kTileRows) {
    const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, block.num_rows - done));
    const Tile tile{ValueType::kI64, rows, values, validity, nullptr};
    decode_tile(*block.view, kind, unit, block.first_row + done, kernels, tile);
    for (uint32_t row = 0; row < rows; ++row) {
      const bool valid = is_valid(validity, row);
      block.out[done + row] = valid ? values[row] : kNoTime;
      missing += block.out[done + row] == kNoTime ? 1 : 0;
    }
  }
  return missing;
}

}  // namespace

TimeUnit unit_of(const Table& table, uint32_t column) {
  const Table::Column& info = table.columns()[column];
  if (is_integer(info)) return TimeUnit::kNone;
  if (!is_time(info)) throw_no_time(info);
  // Days and milliseconds of dates are read as seconds and milliseconds.
  return info.unit == TimeUnit::kDay ? TimeUnit::kSecond : info.unit;
}

TimeUnit common_unit(const Table& left, uint32_t left_column, const Table& right,
                     uint32_t right_column) {
  const TimeUnit a = unit_of(left, left_column), b = unit_of(right, right_column);
  const Table::Column& first = left.columns()[left_column];
  const Table::Column& second = right.columns()[right_column];
  const bool mixed = (a == TimeUnit::kNone) != (b == TimeUnit::kNone);
  if (mixed || first.time_zone.empty() != second.time_zone.empty()) {
    throw Error(ErrorKind::kSchema, "Column '" + second.name + "' has type " + second.type_name +
                                        ", expected moments that can be compared with column '" +
                                        first.name + "' of type " + first.type_name +
                                        ". Give both a time zone, or none, or make both integers.")
        .column(second.name)
        .expected(first.type_name)
        .got(second.type_name);
  }
  return std::max(a, b);
}

TimeColumn read_times(const Table& table, uint32_t column, TimeUnit unit) {
  TimeColumn result;
  result.num_rows = table.num_rows();
  result.values = plain_values(table, column, unit);
  if (result.values != nullptr) return result;
  result.owned.reserve(std::max<uint64_t>(result.num_rows, 1));
  std::vector<Block> blocks;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, column);
    for (uint64_t first = 0; first < view.length; first += kBlockRows) {
      blocks.push_back({&view, first, std::min(kBlockRows, view.length - first),
                        result.owned.data() + table.batch_first_row(batch) + first});
    }
  }
  std::atomic<uint64_t> missing{0};
  const Kernels& kernels = process_kernels();
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t) {
    missing += read_block(blocks[item], unit, kernels);
  });
  result.values = result.owned.data();
  result.num_missing = missing;
  return result;
}

}  // namespace mainspring

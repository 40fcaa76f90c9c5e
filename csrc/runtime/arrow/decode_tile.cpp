// Chooses the decoder of a kind. First stop of every row: Arrow memory in, one typed tile out.
#include "runtime/arrow/decode_tile.hpp"

#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

void decode_nothing(InputKind kind, Tile out) noexcept {
  fill_zero(out.validity, kSlotValidityBytes);
  switch (value_type_of(kind)) {
    case ValueType::kF64: fill_missing(out, __builtin_nan("")); break;
    case ValueType::kBytes: fill_missing(out, kEmptyBytes); break;
    default: fill_missing(out, int64_t{0}); break;
  }
}

template <class Index>
void read_indices(const ColumnView& column, uint64_t first, Tile out, uint64_t* entries) noexcept {
  const uint64_t base = column.dictionary->offset;
  const uint8_t* validity = column.dictionary->validity;
  for_each_present(out, [&](uint32_t row) {
    const uint64_t entry =
        base + static_cast<uint64_t>(value_at<Index>(column.values, first + row));
    entries[row] = entry;
    if (validity != nullptr && ((validity[entry >> 3] >> (entry & 7)) & 1) == 0) {
      clear_row(out, row);
    }
  });
}

}  // namespace

void read_entries(const ColumnView& column, uint64_t first, Tile out, uint64_t* entries) noexcept {
  switch (column.index_type) {
    case ColumnType::kI8: return read_indices<int8_t>(column, first, out, entries);
    case ColumnType::kI16: return read_indices<int16_t>(column, first, out, entries);
    case ColumnType::kI32: return read_indices<int32_t>(column, first, out, entries);
    case ColumnType::kI64: return read_indices<int64_t>(column, first, out, entries);
    case ColumnType::kU8: return read_indices<uint8_t>(column, first, out, entries);
    case ColumnType::kU16: return read_indices<uint16_t>(column, first, out, entries);
    case ColumnType::kU32: return read_indices<uint32_t>(column, first, out, entries);
    default: return read_indices<uint64_t>(column, first, out, entries);
  }
}

void decode_tile(const ColumnView& column, InputKind kind, TimeUnit unit, uint64_t first_row,
                 const Kernels& kernels, Tile out) noexcept {
  const bool nothing =
      column.type == ColumnType::kNull ||
      (column.type == ColumnType::kDictionary && column.dictionary->type == ColumnType::kNull);
  if (nothing) return decode_nothing(kind, out);
  const uint64_t first = column.offset + first_row;
  read_bitmap(column.validity, first, out.num_rows, out.validity);
  switch (kind) {
    case InputKind::kFloat: return decode_floats(column, first, kernels, out);
    case InputKind::kInteger: return decode_integers(column, first, out);
    case InputKind::kTimestamp: return decode_timestamps(column, first, unit, out);
    case InputKind::kBytes: return decode_bytes(column, first, out);
  }
}

}  // namespace mainspring

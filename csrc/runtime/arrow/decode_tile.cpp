// Chooses the decoder of a kind. First stop of every row: Arrow memory in, one typed tile out.
#include "runtime/arrow/decode_tile.hpp"

#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

void decode_nothing(const ColumnView& column, InputKind kind, Tile out) noexcept {
  fill_zero(out.validity, kSlotValidityBytes);
  if (is_list(kind)) *out.elements = &column;
  switch (value_type_of(kind)) {
    case ValueType::kF64: fill_missing(out, __builtin_nan("")); break;
    case ValueType::kBytes: fill_missing(out, kEmptyBytes); break;
    case ValueType::kF64List:
    case ValueType::kI64List:
    case ValueType::kBytesList: fill_missing(out, ListView{0, 0}); break;
    default: fill_missing(out, int64_t{0}); break;
  }
}

}  // namespace

void decode_tile(const ColumnView& column, InputKind kind, TimeUnit unit, uint64_t first_row,
                 const Kernels& kernels, Tile out, bool keeps_nan) noexcept {
  if (leaf_of(column).type == ColumnType::kNull) return decode_nothing(column, kind, out);
  const uint64_t first = column.offset + first_row;
  read_bitmap(column.validity, first, out.num_rows, out.validity);
  switch (kind) {
    case InputKind::kFloat: return decode_floats(column, first, kernels, out, keeps_nan);
    case InputKind::kInteger: return decode_integers(column, first, out);
    case InputKind::kTimestamp: return decode_timestamps(column, first, unit, out);
    case InputKind::kBytes: return decode_bytes(column, first, out);
    case InputKind::kFloatList:
    case InputKind::kIntegerList:
    case InputKind::kBytesList: return decode_lists(column, first, out);
  }
}

}  // namespace mainspring

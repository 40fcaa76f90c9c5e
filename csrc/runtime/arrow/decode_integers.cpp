// Integers, booleans, dates and integral floats to int64 tiles: the keys of vocabularies, crosses
// and buckets.
#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/decoders.hpp"
#include "runtime/arrow/half.hpp"
#include "runtime/arrow/index_types.hpp"
#include "runtime/core/integral.hpp"

namespace mainspring {

namespace {

#if !defined(MAINSPRING_SMALL)
template <class T>
void widen(const ColumnView& column, uint64_t first, Tile out) noexcept {
  int64_t* values = values_of<int64_t>(out);
  const uint8_t* from = static_cast<const uint8_t*>(column.values) + first * sizeof(T);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    const T value = load<T>(from + row * sizeof(T));
    if constexpr (sizeof(T) == 8 && T(-1) > T(0)) {
      values[row] = integer_of(value);
    } else {
      values[row] = static_cast<int64_t>(value);
    }
  }
}

void widen_bool(const ColumnView& column, uint64_t first, Tile out) noexcept {
  int64_t* values = values_of<int64_t>(out);
  uint64_t words[kValidityWords];
  read_bitmap(static_cast<const uint8_t*>(column.values), first, out.num_rows, words);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    values[row] = static_cast<int64_t>((words[row >> 6] >> (row & 63)) & 1);
  }
}

template <class T>
void round_floats(const ColumnView& column, uint64_t first, Tile out) noexcept {
  int64_t* values = values_of<int64_t>(out);
  for_each_present(out, [&](uint32_t row) {
    const double value = static_cast<double>(value_at<T>(column.values, first + row));
    if (value != value) return clear_row(out, row);
    values[row] = integer_of(value);
  });
}

#endif

int64_t whole_of(const Decimal& decimal) noexcept {
  int64_t value = 0;
  return to_integer(decimal, &value) ? value : kNotAnInteger;
}

#if !defined(MAINSPRING_SMALL)
void read_decimals(const ColumnView& column, uint64_t first, Tile out) noexcept {
  int64_t* values = values_of<int64_t>(out);
  for_each_present(out,
                   [&](uint32_t row) { values[row] = whole_of(decimal_at(column, first + row)); });
}

#endif

// False when the entry is NaN.
bool integer_at(const ColumnView& column, uint64_t row, int64_t* out) noexcept {
  const void* values = column.values;
  double real = 0;
  switch (column.type) {
    case ColumnType::kBool:
      *out = (static_cast<const uint8_t*>(values)[row >> 3] >> (row & 7)) & 1;
      return true;
#if !defined(MAINSPRING_SMALL)
    case ColumnType::kI8: *out = value_at<int8_t>(values, row); return true;
    case ColumnType::kI16: *out = value_at<int16_t>(values, row); return true;
    case ColumnType::kI32:
    case ColumnType::kDate32: *out = value_at<int32_t>(values, row); return true;
    case ColumnType::kU8: *out = value_at<uint8_t>(values, row); return true;
    case ColumnType::kU16: *out = value_at<uint16_t>(values, row); return true;
    case ColumnType::kU32: *out = value_at<uint32_t>(values, row); return true;
#endif
    case ColumnType::kU64: *out = integer_of(value_at<uint64_t>(values, row)); return true;
    case ColumnType::kF16: real = static_cast<double>(value_at<Half>(values, row)); break;
    case ColumnType::kF32: real = static_cast<double>(value_at<float>(values, row)); break;
    case ColumnType::kF64: real = value_at<double>(values, row); break;
    case ColumnType::kDecimal32:
    case ColumnType::kDecimal64:
    case ColumnType::kDecimal128:
    case ColumnType::kDecimal256: *out = whole_of(decimal_at(column, row)); return true;
#if defined(MAINSPRING_SMALL)
    default: *out = static_cast<int64_t>(word_at(column.type, values, row)); return true;
#else
    default: *out = value_at<int64_t>(values, row); return true;
#endif
  }
  *out = integer_of(real);
  return real == real;
}

// Of any type, which is looked at for each row.
void widen_any(const ColumnView& column, uint64_t first, Tile out) noexcept {
  uint64_t entries[kTileRows];
  const bool indirect = is_indirect(column);
  if (indirect) read_entries(column, first, out, entries);
  const ColumnView& leaf = leaf_of(column);
  int64_t* values = values_of<int64_t>(out);
  for_each_present(out, [&](uint32_t row) {
    const uint64_t entry = indirect ? entries[row] : first + row;
    if (!integer_at(leaf, entry, &values[row])) clear_row(out, row);
  });
}

}  // namespace

void decode_integers(const ColumnView& column, uint64_t first, Tile out) noexcept {
#if defined(MAINSPRING_SMALL)
  widen_any(column, first, out);
#else
  switch (column.type) {
    case ColumnType::kBool: widen_bool(column, first, out); break;
    case ColumnType::kI8: widen<int8_t>(column, first, out); break;
    case ColumnType::kI16: widen<int16_t>(column, first, out); break;
    case ColumnType::kI32:
    case ColumnType::kDate32: widen<int32_t>(column, first, out); break;
    case ColumnType::kU8: widen<uint8_t>(column, first, out); break;
    case ColumnType::kU16: widen<uint16_t>(column, first, out); break;
    case ColumnType::kU32: widen<uint32_t>(column, first, out); break;
    case ColumnType::kU64: widen<uint64_t>(column, first, out); break;
    case ColumnType::kF16: round_floats<Half>(column, first, out); break;
    case ColumnType::kF32: round_floats<float>(column, first, out); break;
    case ColumnType::kF64: round_floats<double>(column, first, out); break;
    case ColumnType::kDictionary:
    case ColumnType::kRunEnds: widen_any(column, first, out); break;
    case ColumnType::kDecimal32:
    case ColumnType::kDecimal64:
    case ColumnType::kDecimal128:
    case ColumnType::kDecimal256: read_decimals(column, first, out); break;
    default: widen<int64_t>(column, first, out); break;
  }
#endif
  fill_missing(out, int64_t{0});
}

}  // namespace mainspring

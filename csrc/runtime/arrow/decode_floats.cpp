// Any number to float64 tiles: widening goes through the kernels of the chosen instruction set
// where there is one, the rest are loops that the compiler vectorises for the baseline.
#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/decoders.hpp"
#include "runtime/arrow/half.hpp"
#include "runtime/arrow/index_types.hpp"

namespace mainspring {

namespace {

#if !defined(MAINSPRING_SMALL)
template <class T>
void widen(const ColumnView& column, uint64_t first, Tile out) noexcept {
  double* values = values_of<double>(out);
  const uint8_t* from = static_cast<const uint8_t*>(column.values) + first * sizeof(T);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    values[row] = static_cast<double>(load<T>(from + row * sizeof(T)));
  }
}

// Arrow recommends aligned buffers and does not promise them; a kernel reads through typed
// pointers.
template <class T>
void widen_with(void (*kernel)(const T*, double*, uint32_t), const ColumnView& column,
                uint64_t first, Tile out) noexcept {
  if (reinterpret_cast<uintptr_t>(column.values) % alignof(T) != 0) {
    return widen<T>(column, first, out);
  }
  kernel(static_cast<const T*>(column.values) + first, values_of<double>(out), out.num_rows);
}

void widen_bool(const ColumnView& column, uint64_t first, Tile out) noexcept {
  double* values = values_of<double>(out);
  uint64_t words[kValidityWords];
  read_bitmap(static_cast<const uint8_t*>(column.values), first, out.num_rows, words);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    values[row] = static_cast<double>((words[row >> 6] >> (row & 63)) & 1);
  }
}

#endif

double float_at(const ColumnView& column, uint64_t row) noexcept {
  const void* values = column.values;
  switch (column.type) {
    case ColumnType::kBool: return (static_cast<const uint8_t*>(values)[row >> 3] >> (row & 7)) & 1;
#if defined(MAINSPRING_SMALL)
    case ColumnType::kI8:
    case ColumnType::kI16:
    case ColumnType::kI32:
    case ColumnType::kI64:
    case ColumnType::kU8:
    case ColumnType::kU16:
    case ColumnType::kU32:
      return static_cast<double>(static_cast<int64_t>(word_at(column.type, values, row)));
#else
    case ColumnType::kI8: return value_at<int8_t>(values, row);
    case ColumnType::kI16: return value_at<int16_t>(values, row);
    case ColumnType::kI32: return value_at<int32_t>(values, row);
    case ColumnType::kI64: return static_cast<double>(value_at<int64_t>(values, row));
    case ColumnType::kU8: return value_at<uint8_t>(values, row);
    case ColumnType::kU16: return value_at<uint16_t>(values, row);
    case ColumnType::kU32: return value_at<uint32_t>(values, row);
#endif
    case ColumnType::kU64: return static_cast<double>(value_at<uint64_t>(values, row));
    case ColumnType::kF16: return static_cast<double>(value_at<Half>(values, row));
    case ColumnType::kF32: return value_at<float>(values, row);
    case ColumnType::kDecimal32:
    case ColumnType::kDecimal64:
    case ColumnType::kDecimal128:
    case ColumnType::kDecimal256: return to_double(decimal_at(column, row));
    default: return value_at<double>(values, row);
  }
}

#if !defined(MAINSPRING_SMALL)
void read_decimals(const ColumnView& column, uint64_t first, Tile out) noexcept {
  double* values = values_of<double>(out);
  for_each_present(out,
                   [&](uint32_t row) { values[row] = to_double(decimal_at(column, first + row)); });
}

#endif

// Of any type, which is looked at for each row.
void widen_any(const ColumnView& column, uint64_t first, Tile out) noexcept {
  uint64_t entries[kTileRows];
  const bool indirect = is_indirect(column);
  if (indirect) read_entries(column, first, out, entries);
  const ColumnView& leaf = leaf_of(column);
  double* values = values_of<double>(out);
  for_each_present(out, [&](uint32_t row) {
    values[row] = float_at(leaf, indirect ? entries[row] : first + row);
  });
}

}  // namespace

void decode_floats(const ColumnView& column, uint64_t first, const Kernels& kernels, Tile out,
                   bool keeps_nan) noexcept {
#if defined(MAINSPRING_SMALL)
  constexpr bool may_be_nan = true;
  if (column.type == ColumnType::kF64) {  // what most programs bring
    copy_bytes(out.values, static_cast<const uint8_t*>(column.values) + first * sizeof(double),
               uint64_t{out.num_rows} * sizeof(double));
  } else {
    widen_any(column, first, out);
  }
#else
  bool may_be_nan = false;
  switch (column.type) {
    case ColumnType::kBool: widen_bool(column, first, out); break;
    case ColumnType::kI8: widen<int8_t>(column, first, out); break;
    case ColumnType::kI16: widen<int16_t>(column, first, out); break;
    case ColumnType::kI32: widen_with(kernels.widen_i32, column, first, out); break;
    case ColumnType::kI64: widen_with(kernels.widen_i64, column, first, out); break;
    case ColumnType::kU8: widen<uint8_t>(column, first, out); break;
    case ColumnType::kU16: widen<uint16_t>(column, first, out); break;
    case ColumnType::kU32: widen<uint32_t>(column, first, out); break;
    case ColumnType::kU64: widen<uint64_t>(column, first, out); break;
    case ColumnType::kDictionary:
    case ColumnType::kRunEnds:
      widen_any(column, first, out);
      may_be_nan = true;
      break;
    case ColumnType::kDecimal32:
    case ColumnType::kDecimal64:
    case ColumnType::kDecimal128:
    case ColumnType::kDecimal256: read_decimals(column, first, out); break;
    case ColumnType::kF16:
      widen<Half>(column, first, out);
      may_be_nan = true;
      break;
    case ColumnType::kF32:
      widen_with(kernels.widen_f32, column, first, out);
      may_be_nan = true;
      break;
    default:
      copy_bytes(out.values, static_cast<const uint8_t*>(column.values) + first * sizeof(double),
                 uint64_t{out.num_rows} * sizeof(double));
      may_be_nan = true;
      break;
  }
#endif
  Tile numbers = out;
  uint64_t words[kValidityWords];
  if (may_be_nan) {
    kernels.valid_f64(values_of<double>(out), words, out.num_rows);
    for (uint32_t word = 0; word * 64 < out.num_rows; ++word) {
      words[word] &= out.validity[word];
      if (!keeps_nan) out.validity[word] = words[word];
    }
    numbers.validity = words;
  }
  // One NaN for all that are no numbers: payloads would show in the bits of the output.
  fill_missing(numbers, __builtin_nan(""));
}

}  // namespace mainspring

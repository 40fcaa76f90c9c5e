// The decoders behind decode_tile, and the loops over present and missing rows they share. are
// counted from the beginning of the buffers here: the column's offset is already added.
#pragma once
#include "runtime/arrow/decimal.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

// On entry out.validity holds the column's own bitmap; on return values and validity are final.
void decode_floats(const ColumnView& column, uint64_t first, const Kernels& kernels, Tile out,
                   bool keeps_nan) noexcept;
void decode_integers(const ColumnView& column, uint64_t first, Tile out) noexcept;
void decode_timestamps(const ColumnView& column, uint64_t first, TimeUnit unit, Tile out) noexcept;
void decode_bytes(const ColumnView& column, uint64_t first, Tile out) noexcept;
void decode_lists(const ColumnView& column, uint64_t first, Tile out) noexcept;

/// Whether values lie behind a dictionary, runs or both.
inline bool is_indirect(const ColumnView& column) noexcept {
  return column.type == ColumnType::kDictionary || column.type == ColumnType::kRunEnds;
}

/// Of an indirect column: rows of the buffers of leaf_of(column), for every present row. Clears the
/// validity of rows whose entry or run is null. Indices of missing rows may be anything and are not
/// read as rows.
void read_entries(const ColumnView& column, uint64_t first, Tile out, uint64_t* entries) noexcept;

template <class T>
inline T value_at(const void* values, uint64_t row) noexcept {
  return load<T>(static_cast<const uint8_t*>(values) + row * sizeof(T));
}

/// Bytes of a decimal.
constexpr uint32_t decimal_bytes(ColumnType type) {
  return 4u << (static_cast<uint32_t>(type) - static_cast<uint32_t>(ColumnType::kDecimal32));
}

inline Decimal decimal_at(const ColumnView& column, uint64_t row) noexcept {
  const uint32_t num_bytes = decimal_bytes(column.type);
  return {static_cast<const uint8_t*>(column.values) + row * num_bytes, num_bytes, column.scale};
}

/// body(row) for every present row of the tile, ascending. The body may clear its own row's bit.
template <class Body>
inline void for_each_present(const Tile& tile, Body body) noexcept {
  for (uint32_t word = 0; word * 64 < tile.num_rows; ++word) {
    const uint32_t first = word * 64;
    uint64_t bits = tile.validity[word];
    if (bits == ~uint64_t{0}) {  // no search for bits in the usual case: a column without nulls
      for (uint32_t i = 0; i < 64; ++i) body(first + i);
      continue;
    }
    for (; bits != 0; bits &= bits - 1) {
      body(first + static_cast<uint32_t>(__builtin_ctzll(bits)));
    }
  }
}

/// Writes the canonical value into every missing row.
template <class T>
inline void fill_missing(const Tile& tile, T value) noexcept {
  T* values = values_of<T>(tile);
  for (uint32_t word = 0; word * 64 < tile.num_rows; ++word) {
    uint64_t bits = ~tile.validity[word] & all_valid_word(tile.num_rows, word);
    for (; bits != 0; bits &= bits - 1) {
      values[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] = value;
    }
  }
}

inline void clear_row(const Tile& tile, uint32_t row) noexcept {
  tile.validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
}

inline constexpr uint8_t kNoBytes[16] = {};
inline constexpr BytesView kEmptyBytes{kNoBytes, 0};

}  // namespace mainspring

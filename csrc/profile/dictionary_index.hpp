// The indices of a dictionary column, whatever integer type holds them.
#pragma once
#include <cstdint>
#include <vector>

#include "host/bundle_image.hpp"
#include "profile/count_codes.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Calls fn(indices), a pointer of the right type to the first row's index.
template <class Fn>
void with_indices(const ColumnView& view, Fn fn) {
  const void* from = view.values;
  const uint64_t skip = view.offset;
  switch (view.index_type) {
    case ColumnType::kI8: return fn(static_cast<const int8_t*>(from) + skip);
    case ColumnType::kI16: return fn(static_cast<const int16_t*>(from) + skip);
    case ColumnType::kI32: return fn(static_cast<const int32_t*>(from) + skip);
    case ColumnType::kI64: return fn(static_cast<const int64_t*>(from) + skip);
    case ColumnType::kU8: return fn(static_cast<const uint8_t*>(from) + skip);
    case ColumnType::kU16: return fn(static_cast<const uint16_t*>(from) + skip);
    case ColumnType::kU32: return fn(static_cast<const uint32_t*>(from) + skip);
    default: return fn(static_cast<const uint64_t*>(from) + skip);
  }
}

/// Adds how often each entry is there, of rows that are all present: bit by bit where entries are
/// few, else in eight tables, so that equal indices in a row do not wait for each other, where that
/// is worth emptying them.
template <class Index>
void count_indices(const Index* indices, uint64_t rows, std::vector<uint64_t>* times) {
  constexpr uint64_t kTables = 8, kMostRows = uint64_t{1} << 32;
  for (; rows > kMostRows; rows -= kMostRows, indices += kMostRows) {
    count_indices(indices, kMostRows, times);
  }
  const uint64_t entries = times->size();
  uint64_t row = 0;
  const CountCodes count_codes =
      rows < kManyCodes ? nullptr : count_codes_of(process_kernels().level, entries);
  if (count_codes != nullptr) {
    row = rows & ~uint64_t{kCodeBlock - 1};
    count_codes(indices, sizeof(Index), row, static_cast<uint32_t>(entries), times->data());
  } else if (rows >= kTables * entries) {
    std::vector<uint32_t> tables(kTables * entries, 0);
    uint32_t* const table = tables.data();
    for (; row + kTables <= rows; row += kTables) {
      for (uint64_t i = 0; i < kTables; ++i) {
        ++table[i * entries + static_cast<uint64_t>(indices[row + i])];
      }
    }
    for (uint64_t i = 0; i < kTables; ++i) {
      for (uint64_t entry = 0; entry < entries; ++entry) {
        (*times)[entry] += table[i * entries + entry];
      }
    }
  }
  for (; row < rows; ++row) ++(*times)[static_cast<uint64_t>(indices[row])];
}

/// Whether the row's own bit says present; a dictionary entry may still be null.
inline bool bit_is_set(const uint8_t* bitmap, uint64_t bit) {
  return bitmap == nullptr || (bitmap[bit >> 3] >> (bit & 7) & 1) != 0;
}

}  // namespace mainspring

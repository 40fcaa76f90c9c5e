// Shuffles by the engine's own hash, and gathers rows that lie anywhere.
#include "train/rows.hpp"

#include <cstring>
#include <utility>

#include "runtime/core/hash.hpp"
#include "runtime/core/wide_multiply.hpp"

namespace mainspring {

void shuffle_numbers(uint64_t seed, uint64_t stream, uint64_t count, int64_t* out) {
  const uint64_t key = combine_hashes(hash_u64(seed), hash_u64(stream));
  for (uint64_t i = 0; i < count; ++i) out[i] = static_cast<int64_t>(i);
  // R. Durstenfeld, "Algorithm 235", 1964, doi:10.1145/364520.364540. The high half of the product
  // is uniform up to 2^-64 times the count.
  for (uint64_t left = count; left > 1; --left) {
    const uint64_t chosen = multiply_wide(mix_row(key, left), left).high;
    std::swap(out[left - 1], out[chosen]);
  }
}

bool rows_exist(const int64_t* index, uint64_t count, uint64_t num_rows) {
  bool all = true;
  for (uint64_t i = 0; i < count; ++i) all &= static_cast<uint64_t>(index[i]) < num_rows;
  return all;
}

void gather_rows(const uint8_t* from, uint64_t row_bytes, const int64_t* index, uint64_t count,
                 uint8_t* to) {
  constexpr uint64_t kAhead = 12;
  constexpr uint64_t kLine = 64;
  for (uint64_t i = 0; i < count; ++i, to += row_bytes) {
    if (i + kAhead < count) {
      const uint8_t* next = from + static_cast<uint64_t>(index[i + kAhead]) * row_bytes;
      for (uint64_t at = 0; at < row_bytes && at < 8 * kLine; at += kLine) {
        __builtin_prefetch(next + at);
      }
    }
    std::memcpy(to, from + static_cast<uint64_t>(index[i]) * row_bytes, row_bytes);
  }
}

void interleave_columns(const uint32_t* const* columns, uint32_t num_columns, uint64_t first,
                        uint64_t end, uint32_t* to) {
  // Rows at a time that stay in the L1 cache while one column after the other is written to them.
  constexpr uint64_t kTileRows = 64;
  for (uint64_t row = first; row < end; row += kTileRows) {
    const uint64_t count = end - row < kTileRows ? end - row : kTileRows;
    for (uint32_t column = 0; column < num_columns; ++column) {
      const uint32_t* from = columns[column] + row;
      uint32_t* out = to + column;
      for (uint64_t i = 0; i < count; ++i) out[i * num_columns] = from[i];
    }
    to += count * num_columns;
  }
}

}  // namespace mainspring

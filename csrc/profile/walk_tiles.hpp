// A chunk of a column, tile by tile, for everything that looks at each value once.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "host/bundle_image.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {

/// The memory of one tile.
struct TileMemory {
  alignas(64) std::array<uint8_t, kTileRows * sizeof(BytesView)> values;
  alignas(64) std::array<uint64_t, kValidityWords> validity;

  const ColumnView* elements = nullptr;

  Tile tile(ValueType type, uint32_t num_rows) {
    return Tile{type, num_rows, values.data(), validity.data(), &elements};
  }
};

inline uint32_t count_valid(const Tile& tile) {
  uint32_t valid = 0;
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    valid += static_cast<uint32_t>(std::popcount(tile.validity[word]));
  }
  return valid;
}

/// Calls fn(tile, first_row) for each tile of the view. Timestamps are in microseconds.
template <class Fn>
void for_each_tile(const ColumnView& view, InputKind kind, Fn fn) {
  TileMemory memory;
  const Kernels& kernels = process_kernels();
  for (uint64_t first = 0; first < view.length; first += kTileRows) {
    const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, view.length - first));
    const Tile tile = memory.tile(value_type_of(kind), rows);
    decode_tile(view, kind, TimeUnit::kMicro, first, kernels, tile);
    fn(tile, first);
  }
}

}  // namespace mainspring

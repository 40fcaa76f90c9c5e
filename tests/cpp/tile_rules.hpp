// The invariants of a tile (runtime/core/tile.hpp) as a function: what every producer must keep.
#pragma once
#include <bit>
#include <cstdint>

#include "runtime/core/tile.hpp"

namespace mainspring {

/// The first invariant that the tile breaks, or null. `keeps_nan`: a load has kept NaN as a value.
inline const char* broken_tile_rule(const Tile& tile, bool keeps_nan = false) {
  if (tile.num_rows > kTileRows) return "more rows than a tile holds";
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    if ((tile.validity[word] & ~all_valid_word(tile.num_rows, word)) != 0) {
      return "a validity bit past the last row is set";
    }
  }
  if (is_list(tile.type) && *tile.elements == nullptr) return "lists have no elements";
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    const bool missing = !is_valid(tile.validity, row);
    switch (tile.type) {
      case ValueType::kF32: {
        const uint32_t bits = std::bit_cast<uint32_t>(values_of<float>(tile)[row]);
        if (missing && bits != 0x7FC00000) return "a missing float is not the quiet NaN";
        if (!missing && (bits & 0x7FFFFFFF) > 0x7F800000) return "a present float is NaN";
        break;
      }
      case ValueType::kF64: {
        const uint64_t bits = std::bit_cast<uint64_t>(values_of<double>(tile)[row]);
        if (missing && bits != 0x7FF8000000000000) return "a missing double is not the quiet NaN";
        if (!missing && (bits & ~(uint64_t{1} << 63)) > 0x7FF0000000000000) {
          if (!keeps_nan) return "a present double is NaN";
          if (bits != 0x7FF8000000000000) return "a kept NaN is not the quiet NaN";
        }
        break;
      }
      case ValueType::kI32:
        if (missing && values_of<int32_t>(tile)[row] != 0) return "a missing integer is not 0";
        break;
      case ValueType::kI64:
        if (missing && values_of<int64_t>(tile)[row] != 0) return "a missing integer is not 0";
        break;
      case ValueType::kBytes: {
        const BytesView view = values_of<BytesView>(tile)[row];
        if (view.data == nullptr) return "a view points to null";
        if (missing && view.length != 0) return "a missing view is not empty";
        break;
      }
      case ValueType::kF64List:
      case ValueType::kI64List:
      case ValueType::kBytesList: {
        const ListView list = values_of<ListView>(tile)[row];
        if (missing && (list.first != 0 || list.count != 0)) return "a missing list is not {0, 0}";
        break;
      }
    }
  }
  return nullptr;
}

}  // namespace mainspring

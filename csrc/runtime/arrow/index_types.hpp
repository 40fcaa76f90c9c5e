// The types that the indices of a dictionary may have.
#pragma once
#include <cstdint>

#include "runtime/arrow/decoders.hpp"

namespace mainspring {

#if defined(MAINSPRING_SMALL)
/// Of any type, which is looked at for each index: one loop for a device instead of eight.
struct AnyIndex {};

/// An integer of any type; a negative one is a huge number.
uint64_t word_at(ColumnType type, const void* values, uint64_t row) noexcept;
#endif

/// What lies at `row` of the column's indices or run ends.
template <class Index>
inline uint64_t index_at(const ColumnView& column, uint64_t row) noexcept {
#if defined(MAINSPRING_SMALL)
  return word_at(column.index_type, column.values, row);
#else
  return static_cast<uint64_t>(value_at<Index>(column.values, row));
#endif
}

/// body(Index{}) with the type of the dictionary's indices.
template <class Body>
inline void with_index_type([[maybe_unused]] ColumnType type, Body body) noexcept {
#if defined(MAINSPRING_SMALL)
  return body(AnyIndex{});
#else
  switch (type) {
    case ColumnType::kI8: return body(int8_t{});
    case ColumnType::kI16: return body(int16_t{});
    case ColumnType::kI32: return body(int32_t{});
    case ColumnType::kI64: return body(int64_t{});
    case ColumnType::kU8: return body(uint8_t{});
    case ColumnType::kU16: return body(uint16_t{});
    case ColumnType::kU32: return body(uint32_t{});
    default: return body(uint64_t{});
  }
#endif
}

}  // namespace mainspring

// The types that the indices of a dictionary may have.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// body(Index{}) with the type of the dictionary's indices.
template <class Body>
inline void with_index_type(ColumnType type, Body body) noexcept {
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
}

}  // namespace mainspring

// Ids of rows as 128 bits each: what a join of labels remembers of them.
#pragma once
#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/table.hpp"

namespace mainspring {

/// Equal for equal ids. Integers that differ have ids that differ; texts do but once in 2^128
/// pairs.
struct RowId {
  uint64_t high = 0, low = 0;
  auto operator<=>(const RowId&) const = default;
};

/// What a column of ids holds: ids of different kinds are never equal.
enum class IdKind : uint8_t { kNone = 0, kInteger = 1, kText = 2 };

struct RowIds {
  IdKind kind = IdKind::kNone;
  std::vector<RowId> ids;
};

/// Throws Error(kSchema) where the column holds neither integers nor text, Error(kData) naming the
/// first row without an id.
RowIds read_row_ids(const Table& table, uint32_t column);

}  // namespace mainspring

// Columns of times as 64-bit integers in one unit: what histories compare, and nothing else.
#pragma once
#include <cstdint>

#include "host/scratch_array.hpp"
#include "host/table.hpp"

namespace mainspring {

/// A time that is missing: before every other.
inline constexpr int64_t kNoTime = INT64_MIN;

/// Views the column where it is one plain chunk of the unit without nulls, else owns a copy.
struct TimeColumn {
  const int64_t* values = nullptr;
  uint64_t num_rows = 0;
  uint64_t num_missing = 0;
  ScratchArray<int64_t> owned;
};

/// The finest unit of two columns of times; kNone where both hold integers. Throws Error(kSchema)
/// when one is neither, when they mix times and integers, or when one alone has a time zone.
TimeUnit common_unit(const Table& left, uint32_t left_column, const Table& right,
                     uint32_t right_column);
/// The unit of one column; as above.
TimeUnit unit_of(const Table& table, uint32_t column);

/// The column in `unit`; kNoTime where it is missing, or out of range in that unit.
TimeColumn read_times(const Table& table, uint32_t column, TimeUnit unit);

}  // namespace mainspring

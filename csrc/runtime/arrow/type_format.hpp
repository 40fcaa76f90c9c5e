// The format strings of the C data interface, as types.
#pragma once
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// What a format string says by itself: children and dictionaries are the schema's.
struct TypeFormat {
  ColumnType type;
  TimeUnit unit;
  const char* time_zone;  // of timestamps: the rest of the format
  int32_t scale;          // of decimals
  uint32_t width;         // of fixed-size binary and lists; of decimals the precision
};

/// False for a format that is none of ColumnType's.
bool read_type_format(const char* format, TypeFormat* out) noexcept;

}  // namespace mainspring

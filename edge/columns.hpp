// The caller's column buffers as the runtime's views, checked before a value is read.
#pragma once
#include <cstdint>

#include "mainspring.h"
#include "runtime/arrow/column_view.hpp"
#include "runtime/core/status.hpp"

namespace mainspring {

/// Rows [first_row, first_row + num_rows) of `column` as a view whose first row is the first of
/// them; nested[0 to kNestedViews) are rooms for the views behind it. Looks at the struct, not at
/// the buffers.
Status view_request_column(const mainspring_column& column, uint64_t first_row, uint64_t num_rows,
                           ColumnView* view, ColumnView* nested) noexcept;

/// Every string and index of the view lies inside its buffer, as far as the lengths in the struct
/// are true.
Status verify_request_column(const mainspring_column& column, const ColumnView& view) noexcept;

}  // namespace mainspring

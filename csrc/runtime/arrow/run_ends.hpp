// The runs of a run-end encoded column: where a row lies in its values.
#pragma once
#include "runtime/arrow/index_types.hpp"

namespace mainspring {

template <class End>
inline uint64_t run_end(const ColumnView& column, uint64_t run) noexcept {
  return index_at<End>(column, run);
}

/// The first run that ends behind `row`, which counts from the beginning of the buffers. The
/// column was verified, so there is one.
template <class End>
inline uint64_t find_run(const ColumnView& column, uint64_t row) noexcept {
  uint64_t low = 0;
  uint64_t high = column.child->length;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (run_end<End>(column, middle) <= row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// body(End{}) with the type of the column's run ends.
template <class Body>
inline auto with_run_ends([[maybe_unused]] const ColumnView& column, Body body) noexcept {
#if defined(MAINSPRING_SMALL)
  return body(AnyIndex{});
#else
  switch (column.index_type) {
    case ColumnType::kI16: return body(int16_t{});
    case ColumnType::kI32: return body(int32_t{});
    default: return body(int64_t{});
  }
#endif
}

}  // namespace mainspring

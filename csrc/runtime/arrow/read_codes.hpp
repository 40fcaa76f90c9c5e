// Rows of a dictionary as numbers of its entries, for results that were found for every entry
// before.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// More entries than this have no codes.
inline constexpr uint64_t kMaxCodedEntries = INT32_MAX - 1;

/// codes[i]: the entry of row first_row + i of the verified dictionary, or `missing` where the row
/// is null. An entry that is null is an entry. At most kTileRows rows.
void read_codes(const ColumnView& column, uint64_t first_row, uint32_t num_rows, int32_t missing,
                int32_t* codes) noexcept;

}  // namespace mainspring

// Which rows of a table are there once, and which repeat another: what ms.deduplicate keeps.
#pragma once
#include <cstdint>
#include <span>

#include "host/table.hpp"

namespace mainspring {

/// Of rows that are alike: the first, the last, or none of them.
enum class KeepRows : uint8_t { kFirst, kLast, kNone };

/// kept[row] for each row of the table: 1 where it stays, else 0. Rows are alike when their values
/// in `columns` (indices; of no columns, all rows are) are: null equals null, NaN equals NaN and no
/// null, -0 equals 0, all else by its bits. Exact: hashes only find what is then compared. Throws
/// Error(kSchema) for a column of lists, or of a type that the engine does not read.
void mark_distinct_rows(const Table& table, std::span<const uint32_t> columns, KeepRows keep,
                        uint8_t* kept);

}  // namespace mainspring

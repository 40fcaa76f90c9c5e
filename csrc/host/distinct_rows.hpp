// Which rows of a table are there once, and which repeat another: what ms.deduplicate keeps.
#pragma once
#include <cstdint>
#include <memory>
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

/// The same over tables that come one after another. Memory grows with the rows that are not alike:
/// their bytes and 56 to 72 more for each. Equal values must have equal types in all tables, but
/// for the layouts of strings: else Error(kSchema).
class DistinctRows {
 public:
  explicit DistinctRows(KeepRows keep);
  DistinctRows(DistinctRows&&) noexcept;
  DistinctRows& operator=(DistinctRows&&) noexcept;
  ~DistinctRows();

  /// Looks at the rows of the next table. is_new[row]: 1 where no row before was alike, which are
  /// those that stay when the first ones do.
  void look(const Table& table, std::span<const uint32_t> columns, uint8_t* is_new);
  /// Which rows stay, when all tables have been looked at; first_row is the number of the table's
  /// first row over all of them.
  void mark(const Table& table, std::span<const uint32_t> columns, uint64_t first_row,
            uint8_t* kept) const;

 private:
  void check_columns(const Table& table, std::span<const uint32_t> columns);

  struct Impl;
  KeepRows keep_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainspring

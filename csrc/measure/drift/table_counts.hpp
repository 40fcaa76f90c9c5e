// A table as a drift report needs it: long columns of numbers counted on edges, all else profiled.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "measure/drift/detect_drift.hpp"

namespace mainspring {

/// Tables of fewer rows are profiled: then all distinct values may be known.
inline constexpr uint64_t kMinCountedRows = 65536;

class TableCounts {
 public:
  /// Columns of that table to be compared with the profile's. What to count on is chosen now, from
  /// both; rows are taken by update(). Throws as Profile::update does.
  TableCounts(const Profile& reference, const std::vector<std::string>& names, const Table& first);

  /// Columns of two tables with all rows of both: on the same edges, or `sorted`, every number
  /// compared with every other.
  static std::pair<TableCounts, TableCounts> of_both(const Table& reference,
                                                     const std::vector<std::string>& names,
                                                     const Table& current, bool sorted);

  /// Adds rows. Throws as Profile::update does, and is then as it was.
  void update(const Table& table);
  uint64_t num_rows() const { return num_rows_; }
  /// Valid as long as this is, and unchanged.
  DriftSide side() const;

 private:
  struct Column {
    ColumnProfile profile;
    std::optional<CountedNumbers> counts;
    bool sorted = false;
    uint32_t number = 0;  // in the table that is sorted
  };
  TableCounts() = default;
  void add_column(const std::string& name, const Table& table);

  std::vector<Column> columns_;
  std::optional<Table> sorted_;
  uint64_t num_rows_ = 0;
};

}  // namespace mainspring

// A table as a drift report needs it: long columns of numbers counted on edges, short ones kept to
// be sorted, all else profiled.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/drift/detect_drift.hpp"

namespace mainspring {

/// Numbers of tables of fewer rows are sorted: then all of them are known.
inline constexpr uint64_t kMinCountedRows = 65536;

/// The rows of a table of kMinCountedRows and more that say what to count on.
std::vector<uint64_t> sampled_rows(uint64_t num_rows);

class TableCounts {
 public:
  /// Columns of that table to be compared with the profile's. What to count on is chosen now, from
  /// both; rows are taken by update(). Of a short table numbers are kept, and profiled when rows
  /// that are added make them many. Throws as Profile::update does.
  TableCounts(const Profile& reference, const std::vector<std::string>& names, const Table& first);

  /// Columns of two tables with all rows of both: on the same edges, or `sorted`, every number
  /// compared with every other.
  static std::pair<TableCounts, TableCounts> of_both(const Table& reference,
                                                     const std::vector<std::string>& names,
                                                     const Table& current, bool sorted);

  /// Columns of a table whose rows are elsewhere. `sample` has their types, and of numbers and
  /// times the rows of sampled_rows(). Without a reference, or with fewer than kMinCountedRows
  /// rows, nothing is counted on, and the sample needs no rows.
  TableCounts(const Profile* reference, const std::vector<std::string>& names, const Table& sample,
              uint64_t num_rows);
  /// On what to count the numbers or times of a column there; null: they are to be sorted.
  const NumberBins* bins_of(const std::string& name) const;
  /// All rows of a column; what is listed, in the order of the rows.
  void set_counts(const std::string& name, const BinCounts& counts);
  /// All rows of a column, sorted: distinct numbers ascending, no NaN and no -0.0; what is not
  /// among them is missing.
  void set_runs(const std::string& name, std::vector<double> values, std::vector<uint64_t> counts);

  /// All rows of a column of strings or booleans ("false", "true"): how often each value is there.
  void set_categories(const std::string& name, std::span<const std::string_view> values,
                      std::span<const uint64_t> counts, uint64_t missing);

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
    std::optional<ColumnSide> side;
    std::optional<std::vector<double>> sample;  // of all rows, NaN: missing
  };
  TableCounts() = default;
  void add_column(const std::string& name, const Table& table);
  void choose(const Profile& reference, const Table& first);
  static void take_rows(const Table& table, uint32_t number, bool few, Column* column);
  size_t place_of(const std::string& name) const;

  std::vector<Column> columns_;
  std::optional<Table> sorted_;
  uint64_t num_rows_ = 0;
};

}  // namespace mainspring

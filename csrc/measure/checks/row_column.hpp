// One column row by row: what the checks need beyond a profile.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/table.hpp"
#include "profile/column_profile.hpp"

namespace mainspring {

struct RowColumn {
  std::string name;
  std::string type_name;
  ColumnKind kind;
  std::string time_zone;
  // Of numbers, booleans (0 and 1) and timestamps (microseconds): NaN where missing.
  std::vector<double> numbers;
  // Of strings: 0 where missing, else 1 + the number of the string in order of appearance.
  std::vector<uint32_t> codes;
  uint32_t num_codes = 1;
  std::vector<std::string_view> texts;  // of code i + 1; they lie in the tables

  bool has_codes() const { return kind == ColumnKind::kText; }
  uint64_t num_rows() const { return has_codes() ? codes.size() : numbers.size(); }
  bool missing(uint64_t row) const {
    return has_codes() ? codes[row] == 0 : numbers[row] != numbers[row];
  }
};

/// Throws Error(kSchema) when the engine does not read the column. Strings that are in `like` have
/// its codes, others those that follow.
RowColumn read_rows(const Table& table, uint32_t column, const RowColumn* like = nullptr);

}  // namespace mainspring

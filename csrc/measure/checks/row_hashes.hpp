// Rows as 128-bit hashes: which are alike, in one table or in two whose codes are the same.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "measure/checks/row_column.hpp"

namespace mainspring {

struct CheckTable;

/// What row_hashes() takes of a whole table.
std::vector<const RowColumn*> all_columns(const CheckTable& table);

struct RowHash {
  uint64_t high = 0, low = 0;
  auto operator<=>(const RowHash&) const = default;
};

/// Null and NaN are missing, which equals itself; -0 is 0. Numbers are cut to multiples of
/// steps[column] where that is above 0. Two rows that differ have equal hashes once in 2^128 pairs.
std::vector<RowHash> row_hashes(std::span<const RowColumn* const> columns, uint64_t num_rows,
                                std::span<const double> steps = {});

/// Rows that repeat one before them, and the first five of those.
uint64_t count_repeats(const std::vector<RowHash>& hashes, std::vector<uint64_t>* first_rows);

}  // namespace mainspring

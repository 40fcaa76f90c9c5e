// The table of a column with two categories at most: what tests of two proportions are made from.
#pragma once
#include "measure/drift/column_pair.hpp"

namespace mainspring {

/// Rows of the second category in order of bytes (of booleans: true), and all present rows; of the
/// only category, where there is one.
struct TwoByTwo {
  double reference = 0;
  double reference_rows = 0;
  double current = 0;
  double current_rows = 0;
};

TwoByTwo two_by_two(const ColumnPair& pair);

}  // namespace mainspring

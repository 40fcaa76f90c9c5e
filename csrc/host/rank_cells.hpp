// Cells that say where to begin among the thresholds of a column of ranks.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

/// Puts the column's cells behind `cells`: as few as leave at most two thresholds in each, if any
/// number does; else as many as leave at most kMaxCompares; none where that is not possible.
void add_cells(std::span<const double> thresholds, SlicedColumn& column,
               std::vector<uint8_t>& cells);

}  // namespace mainspring

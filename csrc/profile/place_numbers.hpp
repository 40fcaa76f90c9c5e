// Places numbers in cells, eight at a time: which cell a number falls into says where to count it.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"

namespace mainspring {

inline constexpr uint32_t kNumberBlock = 512;
inline constexpr uint32_t kNumbersAtOnce = 8;
inline constexpr uint32_t kCountTables = 4;

/// What placing a block needs and leaves.
struct PlaceJob {
  const double* values;
  uint32_t num_values;  // a multiple of kNumbersAtOnce
  double center, scale, reach_below, reach_above;
  uint32_t shift, below;
  uint16_t* cells;
  uint64_t nans;
  double min, max;
};

/// What counting a block needs and leaves, where each cell is of one bin.
struct CellJob {
  const double* values;
  uint32_t num_values;  // a multiple of kNumbersAtOnce, at most kNumberBlock
  double low, high;     // what is beyond, and NaN at the lower end, is placed as these are
  double center;        // not 0.0, but it may be -0.0
  double scale;
  uint32_t shift, below;
  const uint16_t* bins;  // of each cell
  uint16_t* tables[kCountTables];
  // Of the block.
  uint64_t nans;
  double min, max;
  bool fractions;  // of cells that are integers: whether a value is none
};

using Place = void (*)(PlaceJob*);
using CountCells = void (*)(CellJob*);

Place place_of(IsaLevel level);
/// Cells as place_of has them.
CountCells count_cells_of(IsaLevel level);
/// Cells are integers from `low` on.
CountCells count_integers_of(IsaLevel level);

}  // namespace mainspring

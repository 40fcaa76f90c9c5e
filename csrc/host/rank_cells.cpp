// Numbers of equal cells between the lowest and the highest threshold are tried one after the
// other; and without these two, since some libraries put one far away from all values.
#include "host/rank_cells.hpp"

#include <algorithm>
#include <cmath>

namespace mainspring {

namespace {

/// The kernels' own arithmetic: one subtraction, one product.
uint32_t cell_of(double value, const SlicedColumn& column) {
  const double last = column.num_cells - 1.0;
  double cell = (value - column.low) * column.scale;
  cell = cell > 0.0 ? cell : 0.0;
  cell = cell < last ? cell : last;
  return static_cast<uint32_t>(static_cast<int32_t>(cell));
}

/// How many, and whether the range leaves out the threshold at either end: what lies beyond is in
/// the cell there.
struct Cells {
  uint32_t count, without_lowest, without_highest;
};

}  // namespace

void add_cells(std::span<const double> thresholds, SlicedColumn& column,
               std::vector<uint8_t>& cells) {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  const auto first = std::find_if(thresholds.begin(), thresholds.end(), is_finite);
  const auto last = std::find_if(thresholds.rbegin(), thresholds.rend(), is_finite);
  if (first == thresholds.end() ||
      std::count_if(thresholds.begin(), thresholds.end(), is_finite) < 4)
    return;
  const double ends[2][2] = {{*first, *last}, {*(first + 1), *(last + 1)}};  // lows, highs
  std::vector<uint32_t> held;
  const auto try_cells = [&](const Cells& cells_of) {
    column.low = ends[cells_of.without_lowest][0];
    column.scale = (cells_of.count - 2) / (ends[cells_of.without_highest][1] - column.low);
    column.num_cells = cells_of.count;
    if (!std::isfinite(column.scale) || !(column.scale > 0)) return kMaxRanks;
    held.assign(cells_of.count, 0);
    for (const double threshold : thresholds) ++held[cell_of(threshold, column)];
    return *std::max_element(held.begin(), held.end());
  };
  uint32_t best = kMaxRanks;
  Cells best_cells{};
  for (uint32_t without = 0; without < 4 && best > 2; ++without) {
    for (uint32_t count = 64; count <= kMaxCells && best > 2; count *= 2) {
      const Cells cells_of{count, without % 2, without / 2};
      const uint32_t most = try_cells(cells_of);
      if (most >= best) continue;
      best = most;
      best_cells = cells_of;
    }
  }
  if (best > kMaxCompares) {
    column.low = column.scale = 0;
    column.num_cells = 0;
    return;
  }
  try_cells(best_cells);
  column.num_compares = best;
  column.first_cell = static_cast<uint32_t>(cells.size());
  uint32_t before = 0;
  for (const uint32_t held_there : held) {
    cells.push_back(static_cast<uint8_t>(before));
    before += held_there;
  }
}

}  // namespace mainspring

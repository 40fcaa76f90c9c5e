// Numbers of equal cells between the lowest and the highest threshold are tried one after the
// other.
#include "fit/importers/rank_cells.hpp"

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

}  // namespace

void add_cells(std::span<const double> thresholds, SlicedColumn& column,
               std::vector<uint8_t>& cells) {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  const auto first = std::find_if(thresholds.begin(), thresholds.end(), is_finite);
  const auto last = std::find_if(thresholds.rbegin(), thresholds.rend(), is_finite);
  if (first == thresholds.end() || thresholds.size() < 4) return;
  const double range = *last - *first;
  std::vector<uint32_t> held;
  const auto try_cells = [&](uint32_t num_cells) {
    column.low = *first;
    column.scale = (num_cells - 2) / range;
    column.num_cells = num_cells;
    if (!std::isfinite(column.scale) || !(column.scale > 0)) return kMaxRanks;
    held.assign(num_cells, 0);
    for (const double threshold : thresholds) ++held[cell_of(threshold, column)];
    return *std::max_element(held.begin(), held.end());
  };
  uint32_t best = kMaxRanks, best_cells = 0;
  for (uint32_t count = 64; count <= kMaxCells; count *= 2) {
    const uint32_t most = try_cells(count);
    if (most < best) {
      best = most;
      best_cells = count;
    }
    if (most <= 2) break;
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

// Edges that lie well in cells: some are left out, or moved to where a cell begins, and counting
// between them is fast.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "profile/number_bins.hpp"

namespace mainspring {

namespace {

// Those left when a cell takes no more than `most`; ends and pairs of neighbours stay, and go
// first.
std::vector<double> at_most_in_a_cell(uint32_t most, const std::vector<double>& edges,
                                      const std::vector<uint16_t>& cells) {
  const auto stays = [&edges](size_t i) {
    return i == 0 || i + 1 == edges.size() ||
           std::nextafter(edges[i], edges[i + 1]) == edges[i + 1] ||
           std::nextafter(edges[i - 1], edges[i]) == edges[i];
  };
  std::vector<double> kept;
  for (size_t first = 0, end = 0; first < edges.size(); first = end) {
    uint32_t room = most;
    for (; end < edges.size() && cells[end] == cells[first]; ++end) room -= stays(end) && room > 0;
    for (size_t i = first; i < end; ++i) {
      if (!stays(i)) {
        if (room == 0) continue;
        --room;
      }
      kept.push_back(edges[i]);
    }
  }
  return kept;
}

std::vector<uint8_t> ends_of(size_t num_edges) {
  std::vector<uint8_t> listed(num_edges + 1, 0);
  listed.front() = listed.back() = 1;
  return listed;
}

bool are_neighbours(double a, double b) { return std::nextafter(a, b) == b; }

// Integers in the order of the numbers.
int64_t order_of(double value) {
  const auto bits = std::bit_cast<int64_t>(value);
  return bits ^ ((bits >> 63) & INT64_MAX);
}

double from_order(int64_t key) { return std::bit_cast<double>(key ^ ((key >> 63) & INT64_MAX)); }

}  // namespace

NumberBins NumberBins::thinned(const std::vector<double>& edges) {
  const std::vector<Placing> tried = placings(edges);
  uint32_t fewest = kMaxSteps + 1;
  for (uint32_t most = 1; most <= 4 && most < fewest; ++most) {
    std::vector<double> best;
    Placing chosen{};
    for (const Placing& placing : tried) {
      const std::vector<uint16_t> cells = cells_of(placing, edges);
      if (most == 1) fewest = std::min(fewest, most_in_a_cell(cells));
      std::vector<double> kept = at_most_in_a_cell(most, edges, cells);
      if (10 * kept.size() < 9 * edges.size() || kept.size() <= best.size()) continue;
      best = std::move(kept);
      chosen = placing;
      if (20 * best.size() >= 19 * edges.size()) break;
    }
    if (best.empty()) continue;
    // Pairs and ends may have crowded a cell.
    const uint32_t steps = most_in_a_cell(cells_of(chosen, best));
    if (steps > fewest || (steps == fewest && best.size() < edges.size())) continue;
    std::vector<uint8_t> listed = ends_of(best.size());
    NumberBins bins(std::move(best), std::move(listed), CellKind::kCompared);
    bins.index_cells(chosen, steps);
    return bins;
  }
  return NumberBins(edges, ends_of(edges.size()));
}

std::vector<double> NumberBins::beginnings(const Placing& placing, std::span<const uint16_t> cells,
                                           std::span<const double> inside, double lowest) {
  // Where a cell begins by the formula that places, the other way round, and what that may be off.
  const size_t num_cells = cells.size();
  const auto start = std::bit_cast<uint64_t>(placing.scale);
  std::vector<double> before(num_cells), within(num_cells);
  for (size_t i = 0; i < num_cells; ++i) {
    const bool above = cells[i] >= placing.below;
    const uint64_t steps = above ? cells[i] - placing.below : placing.below - cells[i];
    const double distance = std::bit_cast<double>(start + (steps << placing.shift)) - placing.scale;
    const double begin = above ? placing.center + distance : placing.center - distance;
    const double off = 0x1p-49 * (std::fabs(placing.center) + placing.scale + distance);
    before[i] = std::max(lowest, begin - off);  // what is no number is neither
    within[i] = std::min(inside[i], begin + off);
  }
  const std::vector<uint16_t> cells_before = cells_of(placing, before);
  const std::vector<uint16_t> cells_within = cells_of(placing, within);
  for (size_t i = 0; i < num_cells; ++i) {
    if (cells_before[i] >= cells[i]) before[i] = lowest;
    if (cells_within[i] < cells[i]) within[i] = inside[i];
  }
  // Halves all at once until there is nothing between.
  std::vector<double> middle(num_cells);
  for (bool any = true; any;) {
    any = false;
    for (size_t i = 0; i < num_cells; ++i) {
      const int64_t low = order_of(before[i]), high = order_of(within[i]);
      const uint64_t apart = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
      any |= apart > 1;
      middle[i] = from_order(static_cast<int64_t>(static_cast<uint64_t>(high) - apart / 2));
    }
    const std::vector<uint16_t> cells_middle = cells_of(placing, middle);
    for (size_t i = 0; i < num_cells; ++i) {
      (cells_middle[i] < cells[i] ? before[i] : within[i]) = middle[i];
    }
  }
  for (double& value : within) value += 0.0;  // not -0.0
  return within;
}

std::optional<NumberBins> NumberBins::moved(const std::vector<double>& edges) {
  constexpr uint32_t kMostInACell = 3;
  const double low = edges.front(), high = edges.back();
  if (!std::isfinite(low) || !std::isfinite(high)) return std::nullopt;
  for (size_t i = 1; i < edges.size(); ++i) {
    if (are_neighbours(edges[i - 1], edges[i])) return std::nullopt;
  }
  std::vector<uint16_t> best;  // cells
  std::vector<double> inside;
  Placing chosen{};
  for (const Placing& placing : placings(edges)) {
    if (!std::isfinite(high - placing.center) || !std::isfinite(low - placing.center)) continue;
    const std::vector<uint16_t> cells = cells_of(placing, edges);
    if (most_in_a_cell(cells) > kMostInACell) continue;
    std::vector<uint16_t> kept;
    std::vector<double> there;
    for (size_t i = 1; i + 1 < edges.size(); ++i) {
      if (cells[i] == cells[i - 1] || cells[i] == cells.back()) continue;
      kept.push_back(cells[i]);
      there.push_back(edges[i]);
    }
    if (10 * (kept.size() + 2) < 9 * edges.size() || kept.size() <= best.size()) continue;
    best = std::move(kept);
    inside = std::move(there);
    chosen = placing;
    if (20 * (best.size() + 2) >= 19 * edges.size()) break;
  }
  if (inside.empty()) return std::nullopt;
  std::vector<double> result{low};
  const std::vector<double> begin = beginnings(chosen, best, inside, low);
  result.insert(result.end(), begin.begin(), begin.end());
  result.push_back(high);
  std::vector<uint8_t> listed = ends_of(result.size());
  NumberBins bins(std::move(result), std::move(listed), CellKind::kWhole);
  bins.index_whole_cells(chosen);
  return bins;
}

std::optional<NumberBins> NumberBins::of_points(std::span<const double> ascending) {
  if (ascending.empty()) return std::nullopt;
  std::vector<double> edges;
  std::vector<uint8_t> listed;
  bool integers = true;
  for (const double point : ascending) {
    if (!edges.empty() && !(edges.back() < point)) return std::nullopt;
    edges.push_back(point);
    // 0 after those below it, not -0.
    edges.push_back(std::nextafter(point, std::numeric_limits<double>::infinity()) + 0.0);
    listed.push_back(1);
    listed.push_back(0);
    integers &= std::fabs(point) < 0x1p52 && std::trunc(point) == point;
  }
  listed.push_back(1);
  if (!integers || !(ascending.back() - ascending.front() < kCells)) {
    return NumberBins(std::move(edges), std::move(listed));
  }
  NumberBins bins(std::move(edges), std::move(listed), CellKind::kIntegers);
  bins.index_integers();
  return bins;
}

}  // namespace mainspring

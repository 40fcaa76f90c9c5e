// Places numbers in cells, eight at a time, then compares each with the edges of its cell.
#include "profile/number_bins.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "host/bundle_image.hpp"
#include "profile/cells_to_bins.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {

namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr uint32_t kAtOnce = kNumbersAtOnce;

}  // namespace

NumberBins::NumberBins(std::vector<double> edges, std::vector<uint8_t> listed)
    : NumberBins(std::move(edges), std::move(listed), CellKind::kCompared) {
  choose_placing();
}

NumberBins::NumberBins(std::vector<double> edges, std::vector<uint8_t> listed, CellKind cells)
    : num_edges_(static_cast<uint32_t>(edges.size())),
      edges_(std::move(edges)),
      listed_(std::move(listed)),
      cells_(cells),
      first_(kCells + 1, 0) {
  edges_.insert(edges_.end(), kMaxSteps, kNotANumber);
}

uint32_t NumberBins::most_in_a_cell(const std::vector<uint16_t>& cells) {
  uint32_t most = 0, here = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    here = i > 0 && cells[i] == cells[i - 1] ? here + 1 : 1;
    most = std::max(most, here);
  }
  return most;
}

NumberBins::Placing NumberBins::placing(std::span<const double> edges, double center,
                                        double scale) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  Placing placing{center, scale, 0, 0, 0, 0};
  placing.reach_below = std::clamp(center - edges.front(), 0.0, kLargest);
  placing.reach_above = std::clamp(edges.back() - center, 0.0, kLargest);
  const auto last = [&](double reach) {
    return (std::bit_cast<uint64_t>(reach + scale) - std::bit_cast<uint64_t>(scale)) >>
           placing.shift;
  };
  while (last(placing.reach_below) + last(placing.reach_above) + 2 > kCells) ++placing.shift;
  placing.below = static_cast<uint32_t>(last(placing.reach_below)) + 1;
  return placing;
}

PlaceJob NumberBins::job_of(const Placing& placing) {
  return {nullptr,
          0,
          placing.center,
          placing.scale,
          placing.reach_below,
          placing.reach_above,
          placing.shift,
          placing.below,
          nullptr,
          0,
          std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()};
}

uint16_t NumberBins::cell_of(const Placing& placing, double value) {
  return cells_of(placing, {&value, 1}).front();
}

std::vector<uint16_t> NumberBins::cells_of(const Placing& placing,
                                           std::span<const double> numbers) {
  // Filled up with the last one.
  const size_t filled = (numbers.size() + kAtOnce - 1) / kAtOnce * kAtOnce;
  std::vector<double> values(numbers.begin(), numbers.end());
  values.resize(filled, numbers.back());
  std::vector<uint16_t> cells(filled);
  PlaceJob job = job_of(placing);
  job.values = values.data();
  job.num_values = static_cast<uint32_t>(filled);
  job.cells = cells.data();
  place_of(process_kernels().level)(&job);
  cells.resize(numbers.size());
  return cells;
}

// Where cells are dense should be where edges are: around the middle on the scale of the middle
// half, or, of skewed numbers, close to 0 or to the smallest on a scale of much less. The center is
// an edge with an odd number: NaN then falls in the bin below it, which is not listed.
std::vector<NumberBins::Placing> NumberBins::placings(std::span<const double> edges) {
  const size_t num_edges = edges.size();
  const auto at = [&](double share) {
    return edges[static_cast<size_t>(share * static_cast<double>(num_edges - 1))];
  };
  const double low = at(0), high = at(1),
               middle = edges[std::min(num_edges / 2 | 1, num_edges - 1)];
  const double half = (at(0.75) - at(0.25)) / 2;
  const double plain = half > 0 && std::isfinite(half) ? half : 1.0;
  std::vector<Placing> all;
  const auto add = [&](double center, double scale) {
    if (!std::isfinite(center) || !(scale > 1e-290) || !(scale < 1e290)) return;
    all.push_back(placing(edges, center, scale));
  };
  add(middle, plain);
  add(middle, high - low);
  for (const double part : {0x1p-4, 0x1p-10, 0x1p-20}) {
    for (const double center : {middle, low, 0.0}) add(center, plain * part);
  }
  if (all.empty()) add(0, 1);
  return all;
}

void NumberBins::choose_placing() {
  uint32_t best = ~uint32_t{0};
  Placing chosen{};
  size_t num_tried = 0;
  for (const Placing& tried : placings(edges())) {
    // The others are for what is far from even: they cost more than a comparison.
    if (best <= (num_tried < 2 ? 1 : 3)) break;
    ++num_tried;
    const uint32_t most = most_in_a_cell(cells_of(tried, edges()));
    if (most >= best) continue;
    best = most;
    chosen = tried;
  }
  index_cells(chosen, best);
}

void NumberBins::index_cells(const Placing& placing, uint32_t most) {
  placing_ = placing;
  if (most > kMaxSteps) return;  // search
  steps_ = most;
  for (const uint16_t cell : cells_of(placing_, edges())) ++first_[cell + 1u];
  for (uint32_t cell = 1; cell <= kCells; ++cell) {
    first_[cell] = static_cast<uint16_t>(first_[cell] + first_[cell - 1]);
  }
}

BinCounts NumberBins::empty_counts() const {
  BinCounts counts;
  counts.bins.assign(num_edges_ + 1, 0);
  counts.tables.assign(BinCounts::kTables * (num_edges_ + 1), 0);
  return counts;
}

void BinCounts::settle() {
  if (blocks_in_tables == 0) return;
  const size_t num_bins = bins.size();
  for (const uint16_t* table = tables.data(); table != tables.data() + tables.size();
       table += num_bins) {
    for (size_t bin = 0; bin < num_bins; ++bin) bins[bin] += table[bin];
  }
  std::fill(tables.begin(), tables.end(), 0);
  blocks_in_tables = 0;
}

uint32_t NumberBins::bin_of(double value) const {
  const auto end = edges_.begin() + num_edges_;
  return static_cast<uint32_t>(std::upper_bound(edges_.begin(), end, value) - edges_.begin());
}

void NumberBins::find(const double* values, uint32_t num_values, uint16_t* bins) const {
  const uint32_t whole = steps_ == 0 ? 0 : num_values & ~(kAtOnce - 1);
  alignas(64) std::array<uint16_t, kBlock> cells;
  PlaceJob job = job_of(placing_);
  job.values = values;
  job.num_values = whole;
  job.cells = cells.data();
  place_of(process_kernels().level)(&job);
  find_block_of(steps_)(
      {values, whole, cells.data(), first_.data(), edges_.data(), nullptr, steps_, num_edges_, {}},
      bins);
  for (uint32_t i = whole; i < num_values; ++i) bins[i] = static_cast<uint16_t>(bin_of(values[i]));
}

// Mostly only what is beyond all edges is listed.
bool NumberBins::lists_only_ends() const {
  return std::memchr(listed_.data() + 1, 1, num_edges_ - 1) == nullptr;
}

void NumberBins::list_block(const double* values, uint32_t num_values, bool only_ends,
                            BinCounts* counts) const {
  const double low = edges_[0], high = edges_[num_edges_ - 1];
  for (uint32_t i = 0; i < num_values; ++i) {
    const double value = values[i];
    const bool within = value >= low && value < high;
    if (within ? only_ends : value != value) continue;
    if (lists(bin_of(value))) counts->listed.push_back(value + 0.0);
  }
}

void NumberBins::count(const double* values, uint64_t num_values, BinCounts* counts) const {
  if (!compares()) return count_by_cells(values, num_values, counts);
  // A table takes at most its part of each block.
  constexpr uint32_t kMaxBlocks = 0xFFFF / (kBlock / BinCounts::kTables);
  alignas(64) std::array<uint16_t, kBlock> cells;
  const Place place_block = place_of(process_kernels().level);
  const bool only_ends = lists_only_ends();
  const CountBlock count_cells =
      only_ends ? count_block_of<false>(steps_) : count_block_of<true>(steps_);
  PlaceJob job = job_of(placing_);
  job.cells = cells.data();
  job.min = counts->min;
  job.max = counts->max;
  CountJob block{nullptr,    0, cells.data(), first_.data(), edges_.data(), listed_.data(), steps_,
                 num_edges_, {}};
  for (uint32_t table = 0; table < BinCounts::kTables; ++table) {
    block.tables[table] = counts->tables.data() + table * (num_edges_ + 1);
  }
  alignas(64) std::array<double, kAtOnce> last;
  for (uint64_t done = 0; done < num_values; done += block.num_values) {
    const auto left = static_cast<uint32_t>(std::min<uint64_t>(kBlock, num_values - done));
    job.values = block.values = values + done;
    job.num_values = block.num_values = left & ~(kAtOnce - 1);
    if (left < kAtOnce) {  // filled up with a value that is among them
      for (uint32_t i = 0; i < kAtOnce; ++i) last[i] = values[done + std::min(i, left - 1)];
      job.values = block.values = last.data();
      job.num_values = kAtOnce;
      block.num_values = left;
    }
    const uint64_t nans = job.nans;
    place_block(&job);
    if (left < kAtOnce) {
      job.nans = nans;
      for (uint32_t i = 0; i < left; ++i) job.nans += last[i] != last[i] ? 1 : 0;
    }
    if (steps_ != 0) {
      if (counts->blocks_in_tables++ == kMaxBlocks) {
        counts->settle();
        counts->blocks_in_tables = 1;
      }
      if (count_cells(block)) list_block(block.values, block.num_values, only_ends, counts);
      continue;
    }
    for (uint32_t i = 0; i < block.num_values; ++i) {
      const double value = block.values[i];
      ++counts->bins[value == value ? bin_of(value) : 0];
    }
    list_block(block.values, block.num_values, only_ends, counts);
  }
  // No edge is at or below NaN, wherever its cell is.
  counts->bins[steps_ == 0 ? 0 : first_[cell_of(placing_, kNotANumber)]] -= job.nans;
  counts->nans += job.nans;
  counts->min = job.min;
  counts->max = job.max;
}

}  // namespace mainspring

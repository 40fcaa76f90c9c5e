// Counts numbers where a cell says all, and puts right what lies beyond.
#include <algorithm>
#include <array>
#include <cmath>

#include "host/bundle_image.hpp"
#include "profile/number_bins.hpp"

namespace mainspring {

void NumberBins::index_whole_cells(const Placing& placing) {
  placing_ = placing;
  // Of differences with 0 as center, those of -0.0 would be below.
  if (placing_.center == 0) placing_.center = -0.0;
  const std::vector<uint16_t> cells = cells_of(placing, edges());
  for (uint32_t i = 0; i + 1 < num_edges_; ++i) ++first_[cells[i]];
  for (uint32_t cell = 1; cell <= kCells; ++cell) {
    first_[cell] = static_cast<uint16_t>(first_[cell] + first_[cell - 1]);
  }
  nan_bin_ = first_[cells[0]];
}

// What is listed is counted in bin 0, in which nothing else can be, and so is seen.
void NumberBins::index_integers() {
  const auto last = static_cast<uint32_t>(edges_[num_edges_ - 2] - edges_[0]);
  for (uint32_t cell = 0; cell <= last; ++cell) {
    const uint32_t bin = bin_of(edges_[0] + cell);
    first_[cell] = lists(bin) ? 0 : static_cast<uint16_t>(bin);
  }
  nan_bin_ = first_[0];
}

CellJob NumberBins::cell_job(BinCounts* counts) const {
  const double high = edges_[num_edges_ - (cells_ == CellKind::kIntegers ? 2 : 1)];
  CellJob job{nullptr,
              0,
              edges_[0],
              high,
              placing_.center,
              placing_.scale,
              placing_.shift,
              placing_.below,
              first_.data(),
              {},
              0,
              0,
              0,
              false};
  for (uint32_t table = 0; table < BinCounts::kTables; ++table) {
    job.tables[table] = counts->tables.data() + table * (num_edges_ + 1);
  }
  return job;
}

void NumberBins::count_by_cells(const double* values, uint64_t num_values,
                                BinCounts* counts) const {
  // A table takes at most its part of each block.
  constexpr uint32_t kMaxBlocks = 0xFFFF / (kBlock / BinCounts::kTables);
  const IsaLevel level = process_kernels().level;
  const CountCells count_block =
      cells_ == CellKind::kIntegers ? count_integers_of(level) : count_cells_of(level);
  const double low = edges_[0], high = edges_[num_edges_ - 1];
  CellJob job = cell_job(counts);
  const auto in_first = [&job] {
    return job.tables[0][0] + job.tables[1][0] + job.tables[2][0] + job.tables[3][0];
  };
  const uint64_t whole = num_values & ~uint64_t{kNumbersAtOnce - 1};
  for (uint64_t done = 0; done < whole; done += job.num_values) {
    if (counts->blocks_in_tables++ == kMaxBlocks) {
      counts->settle();
      counts->blocks_in_tables = 1;
    }
    job.values = values + done;
    job.num_values = static_cast<uint32_t>(std::min<uint64_t>(kBlock, whole - done));
    const int before = in_first();
    count_block(&job);
    counts->nans += job.nans;
    counts->bins[nan_bin_] -= job.nans;
    counts->min = std::min(counts->min, job.min);
    counts->max = std::max(counts->max, job.max);
    const bool beyond = job.min < low || job.max >= high;
    if (beyond || job.fractions || in_first() != before) {
      put_right(job.values, job.num_values, counts);
    }
  }
  for (const double value : std::span(values + whole, num_values - whole)) {
    if (value != value) {
      ++counts->nans;
      continue;
    }
    const uint32_t bin = bin_of(value);
    ++counts->bins[bin];
    if (lists(bin)) counts->listed.push_back(value + 0.0);
    counts->min = std::min(counts->min, value);
    counts->max = std::max(counts->max, value);
  }
}

// Those of a block that are in another bin than where they were counted.
void NumberBins::put_right(const double* values, uint32_t num_values, BinCounts* counts) const {
  const double low = edges_[0], high = edges_[num_edges_ - 1];
  const bool integers = cells_ == CellKind::kIntegers;
  const double last = integers ? edges_[num_edges_ - 2] - low : 0;
  // Hardly any is elsewhere: eight are looked at without a branch for each.
  const auto eight_are_right = [&](const double* eight) {
    uint32_t others = 0;
    for (uint32_t k = 0; k < 8; ++k) others += eight[k] >= low && eight[k] < high ? 0 : 1;
    return others == 0;
  };
  for (uint32_t i = 0; i < num_values; ++i) {
    if (!integers && i % 8 == 0 && i + 8 <= num_values && eight_are_right(values + i)) {
      i += 7;
      continue;
    }
    const double value = values[i];
    if (value != value) continue;
    uint32_t counted;
    if (integers) {
      const double within = std::clamp(value - low, 0.0, last);
      counted = first_[static_cast<uint32_t>(within)];
      if (counted != 0 && within == std::trunc(within) && low + within == value) continue;
    } else {
      if (value >= low && value < high) continue;
      counted = value < low ? nan_bin_ : num_edges_ - 1;
    }
    const uint32_t bin = bin_of(value);
    --counts->bins[counted];
    ++counts->bins[bin];
    if (lists(bin)) counts->listed.push_back(value + 0.0);
  }
}

}  // namespace mainspring

// From the cells of numbers to their bins: compares each with the edges of its cell, whose number
// is known when the loop is compiled.
#pragma once
#include <cstdint>

#include "profile/number_bins.hpp"

namespace mainspring {

struct CountJob {
  const double* values;
  uint32_t num_values;
  const uint16_t* cells;
  const uint16_t* first;
  const double* edges;
  const uint8_t* listed;
  uint32_t steps;
  uint32_t last;  // bin
  uint16_t* tables[BinCounts::kTables];
};

// Whether a value fell in a bin whose values are listed. Without marks those are the first and the
// last one, and what they have counted says so.
template <uint32_t kSteps, bool kMarks>
bool count_block(const CountJob& job) {
  uint32_t found = 0;
  const auto in_ends = [&job] {
    uint32_t count = 0;
    for (const uint16_t* table : job.tables) count += table[0] + table[job.last];
    return count;
  };
  const uint32_t before = in_ends();
  const auto bin_at = [&](uint32_t i) {
    uint32_t bin = job.first[job.cells[i]];
    const double value = job.values[i];
    const uint32_t steps = kSteps == 0 ? job.steps : kSteps;
    for (uint32_t step = 0; step < steps; ++step) bin += value >= job.edges[bin] ? 1 : 0;
    if constexpr (kMarks) found |= job.listed[bin];
    return bin;
  };
  uint32_t i = 0;
  for (; i + BinCounts::kTables <= job.num_values; i += BinCounts::kTables) {
    // All bins first: to a compiler, what counts could be the cells of what comes next.
    const uint32_t bins[] = {bin_at(i), bin_at(i + 1), bin_at(i + 2), bin_at(i + 3)};
    ++job.tables[0][bins[0]];
    ++job.tables[1][bins[1]];
    ++job.tables[2][bins[2]];
    ++job.tables[3][bins[3]];
  }
  for (; i < job.num_values; ++i) ++job.tables[0][bin_at(i)];
  return kMarks ? found != 0 : in_ends() != before;
}

template <uint32_t kSteps>
void find_block(const CountJob& job, uint16_t* bins) {
  const uint32_t steps = kSteps == 0 ? job.steps : kSteps;
  for (uint32_t i = 0; i < job.num_values; ++i) {
    uint32_t bin = job.first[job.cells[i]];
    const double value = job.values[i];
    for (uint32_t step = 0; step < steps; ++step) bin += value >= job.edges[bin] ? 1 : 0;
    bins[i] = static_cast<uint16_t>(bin);
  }
}

using FindBlock = void (*)(const CountJob&, uint16_t*);

inline FindBlock find_block_of(uint32_t steps) {
  switch (steps) {
    case 1: return &find_block<1>;
    case 2: return &find_block<2>;
    case 3: return &find_block<3>;
    case 4: return &find_block<4>;
    default: return &find_block<0>;
  }
}

using CountBlock = bool (*)(const CountJob&);

template <bool kMarks>
CountBlock count_block_of(uint32_t steps) {
  switch (steps) {
    case 1: return &count_block<1, kMarks>;
    case 2: return &count_block<2, kMarks>;
    case 3: return &count_block<3, kMarks>;
    case 4: return &count_block<4, kMarks>;
    default: return &count_block<0, kMarks>;
  }
}

}  // namespace mainspring

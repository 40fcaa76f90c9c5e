// How a column's rows are spread on both sides: what a plot of drift shows.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "measure/drift/column_pair.hpp"
#include "profile/histogram.hpp"

namespace mainspring {

struct CategoryShare {
  std::string value;
  uint64_t reference = 0;
  uint64_t current = 0;
};

struct DriftShares {
  uint64_t reference_missing = 0;
  uint64_t current_missing = 0;
  // Of numbers and timestamps, over the same bins.
  HistogramAxis axis;
  HistogramCounts reference;
  HistogramCounts current;
  // Of strings and booleans: those that are frequent on either side, largest share first.
  std::vector<CategoryShare> categories;
  // Every other one: of the reference, and of the current data alone. Where counts are sketched,
  // what no list names is among the former.
  uint64_t reference_rest = 0;
  uint64_t current_rest = 0;
  uint64_t current_unseen = 0;
};

DriftShares shares_of(const ColumnPair& pair);

}  // namespace mainspring

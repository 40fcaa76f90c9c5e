// Equal bins over the bulk of one distribution, or of two together: what a plot of numbers shows.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "profile/distribution.hpp"

namespace mainspring {

struct HistogramAxis {
  std::vector<double> edges;  // finite and ascending; empty where no value is finite
  bool logarithmic = false;   // bins are equally wide in the logarithm
};

/// A bin holds edges[i] <= value < edges[i + 1]; the last one its upper edge too.
struct HistogramCounts {
  uint64_t below = 0;  // of the first edge; -inf too
  std::vector<uint64_t> bins;
  uint64_t above = 0;  // of the last edge; +inf too
};

/// From the 0.5 % to the 99.5 % point of whichever side reaches further, or from the smallest to
/// the largest value where that is not much wider. Values on a lattice (integers, tenths) get bins
/// that hold equally many of its points, so that no comb appears which the data does not have.
HistogramAxis histogram_axis(std::span<const Distribution* const> sides, uint32_t max_bins);

HistogramCounts count_on(const Distribution& numbers, const HistogramAxis& axis);

}  // namespace mainspring

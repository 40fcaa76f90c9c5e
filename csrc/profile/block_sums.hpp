// Exact sums of blocks of numbers, several times faster than one value at a time: the inner loop of
// moments.
#pragma once
#include <cstdint>
#include <span>

#include "profile/block_forms.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

static_assert(kTileRows <= kSumBlock);

/// Adds count <= kSumBlock finite values to *sum and their squares to *squares, exactly.
void add_block(const double* values, uint32_t count, ExactSum* sum, ExactSum* squares);
/// The same without a copy; false, and nothing is added, where one is not finite or their sizes lie
/// far apart. Numbers behind the first `count` become 0.
bool add_near_block(double block[kSumBlock], uint32_t count, ExactSum* sum, ExactSum* squares);
/// The same for sizes of any kind: the block is used up.
void use_up_block(double block[kSumBlock], uint32_t count, ExactSum* sum, ExactSum* squares);

/// Those of count <= kSumBlock numbers that are not NaN, side by side in `packed`; returns how
/// many.
uint32_t pack_present(const double* numbers, uint32_t count, double packed[kSumBlock]);

/// The same of those from low to high, of at most kSumBlock numbers without NaN; *below grows by
/// how many are less than low.
uint32_t pack_between(std::span<const double> numbers, double low, double high,
                      double packed[kSumBlock], uint64_t* below);

/// Whether none of the numbers is infinite or NaN.
inline bool are_finite(const double* numbers, uint32_t count) {
  uint64_t num_others = 0;
  for (uint32_t i = 0; i < count; ++i) num_others += numbers[i] - numbers[i] != 0 ? 1 : 0;
  return num_others == 0;
}

}  // namespace mainspring

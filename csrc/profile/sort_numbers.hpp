// Sorts numbers: small blocks are the inner loop of the quantile sketch.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint32_t kSortBlock = 4096;

/// Sorts `count` <= kSortBlock numbers ascending; none may be NaN. -0.0 sorts before 0.0.
void sort_numbers(double* values, uint32_t count);

/// The same for any count, with 16 bytes of memory for each.
void sort_many_numbers(double* values, uint64_t count);

}  // namespace mainspring

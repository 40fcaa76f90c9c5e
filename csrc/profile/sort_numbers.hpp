// Sorts small blocks of numbers: the inner loop of the quantile sketch.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint32_t kSortBlock = 4096;

/// Sorts `count` <= kSortBlock numbers ascending; none may be NaN. -0.0 sorts before 0.0.
void sort_numbers(double* values, uint32_t count);

}  // namespace mainspring

// Numbers of a column with a bitmap, those that are missing as NaN.
#pragma once
#include <cstdint>

namespace mainspring {

/// `valid` has a bit for each of the numbers, of which `copy` has room for as many.
void copy_present(const double* numbers, const uint64_t* valid, uint32_t num_numbers, double* copy);

}  // namespace mainspring

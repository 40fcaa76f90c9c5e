// Exact sums of blocks of numbers, several times faster than one value at a time: the inner loop of
// moments.
#pragma once
#include <cstdint>

#include "profile/block_forms.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

/// Adds count <= kSumBlock finite values to *sum and their squares to *squares, exactly.
void add_block(const double* values, uint32_t count, ExactSum* sum, ExactSum* squares);

}  // namespace mainspring

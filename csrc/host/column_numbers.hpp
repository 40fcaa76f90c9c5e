// A whole column as float64: what targets, weights and labels are read as.
#pragma once
#include <cstdint>

#include "host/table.hpp"

namespace mainspring {

/// Writes table.num_rows() values; NaN where the value is missing. Throws Error(kSchema) naming the
/// column when it holds neither numbers nor bools.
void copy_numbers(const Table& table, uint32_t column, double* out);

}  // namespace mainspring

// Two samples of numbers that are both at hand: every statistic exactly, without a profile.
#pragma once
#include <span>
#include <vector>

#include "measure/drift/column_drift.hpp"

namespace mainspring {

/// NaN is missing. Those of `wanted` that are for numbers, in the order given.
std::vector<ColumnDrift::Measured> measure_samples(std::span<const double> reference,
                                                   std::span<const double> current,
                                                   std::span<const Statistic* const> wanted,
                                                   const DriftOptions& options);

}  // namespace mainspring

// Samples of numbers that are at hand: sorted, every statistic is exact, without a profile.
#pragma once
#include <span>
#include <vector>

#include "host/table.hpp"
#include "measure/drift/column_drift.hpp"

namespace mainspring {

/// One side, sorted: may be kept and compared with many others. NaN is missing. Without moments,
/// mean and deviation are NaN.
ColumnSide sorted_sample(std::vector<double> sample, bool with_moments = true);

/// The same of distinct numbers, ascending, with their counts; no NaN, no -0.0.
ColumnSide sorted_runs(std::vector<double> values, std::vector<uint64_t> counts, uint64_t missing);

/// All rows of a column of numbers or times.
ColumnSide sorted_column(const Table& table, uint32_t column, bool is_time);

/// Those of `wanted` that are for numbers, in the order given.
std::vector<ColumnDrift::Measured> measure_samples(const ColumnSide& reference,
                                                   const ColumnSide& current,
                                                   std::span<const Statistic* const> wanted,
                                                   const DriftOptions& options);

}  // namespace mainspring

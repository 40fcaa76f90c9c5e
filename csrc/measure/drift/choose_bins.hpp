// Which edges, or points, the numbers of a column are counted on.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "host/table.hpp"
#include "measure/drift/counted_numbers.hpp"

namespace mainspring {

/// Rows of current data that say, beside a profile, where edges should be.
inline constexpr uint32_t kCurrentSample = 2048;

/// The row of number i of `wanted` <= num_rows at equal distances.
inline uint64_t sampled_row(uint64_t num_rows, uint64_t wanted, uint64_t i) {
  return num_rows / wanted * i + num_rows % wanted * i / wanted;
}

/// Numbers of rows at equal distances, at most `at_most`: where edges should be, not what is
/// measured. Missing and infinite ones are left out.
std::vector<double> sample_numbers(const Table& table, uint32_t column, bool is_time,
                                   uint32_t at_most);

/// On what to count current data held against a profile: the profile's quantiles, closer where the
/// current data have much in one place, or its values where they are few. Null where a profile of
/// the current data says more: the reference knows more values than are points, and the sample is
/// among them.
std::shared_ptr<const DriftBins> choose_bins(const NumberProfile& reference,
                                             std::vector<double> current_sample);

/// On what to count two tables: quantiles of both samples together, or their values where they are
/// few. Null where there may be few enough values to know them all, or none.
std::shared_ptr<const DriftBins> choose_bins(std::vector<double> reference_sample,
                                             std::vector<double> current_sample);

}  // namespace mainspring

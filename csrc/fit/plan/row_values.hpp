// A step that runs while fitting only: a number for each row that was fitted on, by its number.
//
// Where fit_transform leaves the row itself out, or all rows behind it, every row has a value of
// its own, and the operator has computed them all when its plan is compiled. As with folds, the
// training plan differs from the serving plan in this step alone.
#pragma once
#include <cstdint>

#include "runtime/steps/records.hpp"

namespace mainspring {

inline constexpr uint32_t kRowValuesCode = 0x8000'0002;

/// any -> f64: payload[number of the row over the whole input]; NaN is missing. The input is what
/// the values were made of and is not read. Data: num_rows f64.
constexpr StepRecord row_values_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                       uint64_t num_rows) {
  StepRecord record = gather_record(in, out, data_offset, num_rows);
  record.code = kRowValuesCode;
  return record;
}

/// `global_row` is the number of the tile's first row over the whole input.
void run_row_values(const StepRecord& record, const StepContext& context, uint64_t global_row);

}  // namespace mainspring

// A step that runs while fitting only: a payload for each fold, chosen by the row's number.
//
// fit_transform gives each row the target mean of the rows outside its fold, a serving plan gives
// every row the mean of all. The two plans differ in this step alone, so that everything before and
// behind it is the same code; it has no place in the runtime's list of steps, and a bundle that
// holds it is refused, because rows of new data have no fold.
#pragma once
#include <cstdint>

#include "runtime/steps/records.hpp"

namespace mainspring {

inline constexpr uint32_t kFoldGatherCode = 0x8000'0001;

/// i32 -> f64: payload[fold * num_values + id]; NaN is missing. Data: folds * num_values f64.
constexpr StepRecord fold_gather_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                        uint64_t num_values, uint32_t folds, uint64_t seed) {
  StepRecord record = gather_record(in, out, data_offset, num_values);
  record.code = kFoldGatherCode;
  record.integers[0] = folds;
  record.integers[1] = seed;
  record.data_length = num_values * folds * 8;
  return record;
}

/// The fold of a row of the whole input.
uint32_t fold_of(uint64_t seed, uint64_t global_row, uint32_t folds) noexcept;

/// Runs the steps of a plan over one tile, this one and row_values among them; `global_row` is the
/// number of the tile's first row over the whole input.
void run_fit_plan(const PlanView& plan, const StepContext& context, uint64_t global_row);

}  // namespace mainspring

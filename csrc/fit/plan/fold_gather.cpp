// Folds of rows, and the loop over a plan that knows the training-only steps.
#include "fit/plan/fold_gather.hpp"

#include <new>

#include "fit/plan/row_values.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {

uint32_t fold_of(uint64_t seed, uint64_t global_row, uint32_t folds) noexcept {
  return hash_bucket(mix_row(seed, global_row), folds);
}

namespace {

void run_fold_gather(const StepRecord& record, const StepContext& context, uint64_t global_row) {
  const Tile in = context.input(record, 0);
  const Tile out = context.output(record, 0);
  const auto folds = static_cast<uint32_t>(record.integers[0]);
  const uint64_t num_values = record.integers[kCardinality];
  const auto* payload = reinterpret_cast<const double*>(context.data + record.data_offset);
  for (uint32_t row = 0; row < context.num_rows; ++row) {
    const uint32_t fold = fold_of(record.integers[1], global_row + row, folds);
    values_of<double>(out)[row] =
        payload[fold * num_values + static_cast<uint32_t>(values_of<int32_t>(in)[row])];
  }
  context.kernels->valid_f64(values_of<double>(out), out.validity, context.num_rows);
}

}  // namespace

void run_fit_plan(const PlanView& plan, const StepContext& context, uint64_t global_row) {
  start_texts(context.texts);
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const StepRecord& record = plan.steps[i];
    if (record.code == kFoldGatherCode) {
      run_fold_gather(record, context, global_row);
    } else if (record.code == kRowValuesCode) {
      run_row_values(record, context, global_row);
    } else {
      find_step(record.code)->run(record, context);
    }
  }
  if (context.texts->incomplete) throw std::bad_alloc();
}

}  // namespace mainspring

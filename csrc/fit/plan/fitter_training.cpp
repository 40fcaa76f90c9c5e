// The rows that were fitted, each through what the rows outside its fold say.
#include "fit/plan/fitter.hpp"
#include "fit/plan/run_training.hpp"
#include "host/error.hpp"

namespace mainspring {

uint32_t Fitter::num_training_features() const {
  return training_plan_ == nullptr ? 0 : training_plan_->num_features();
}

PlanBuilder& Fitter::training_plan(const Table& table, uint64_t first_row) const {
  if (training_plan_ == nullptr) {
    throw Error(ErrorKind::kNotFitted, "There is no training plan. Call fit_transform().");
  }
  if (first_row + table.num_rows() > num_rows()) {  // the plan has values for these rows alone
    throw Error(ErrorKind::kData, "The data has more rows when it is read again, expected the " +
                                      std::to_string(num_rows()) +
                                      " that were fitted. Fit on data that stays as it is.")
        .expected(std::to_string(num_rows()) + " rows");
  }
  return *training_plan_;
}

void Fitter::transform_training(const Table& table, uint64_t first_row, float* out) const {
  run_training(training_plan(table, first_row), training_inputs_, table, first_row, out);
}

SparseRows Fitter::training_to_sparse(const Table& table, uint64_t first_row) const {
  return run_training_sparse(training_plan(table, first_row), training_inputs_, table, first_row);
}

}  // namespace mainspring

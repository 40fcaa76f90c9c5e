// Runs a training plan over the input it was fitted on: the serving loop, with rows that know their
// folds.
#pragma once
#include <vector>

#include "fit/plan/bind_columns.hpp"
#include "fit/plan/plan_builder.hpp"
#include "host/sparse_rows.hpp"

namespace mainspring {

/// first_row: number of the table's first row over the whole input. out: row-major,
/// plan.num_features() floats a row.
void run_training(PlanBuilder& plan, const std::vector<ColumnBinding>& inputs, const Table& table,
                  uint64_t first_row, float* out);

/// The same rows without their zeros.
SparseRows run_training_sparse(PlanBuilder& plan, const std::vector<ColumnBinding>& inputs,
                               const Table& table, uint64_t first_row);

}  // namespace mainspring

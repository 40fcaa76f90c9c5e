// Runs a training plan over the table it was fitted on: the serving loop, with rows that know their
// folds.
#pragma once
#include <vector>

#include "fit/plan/bind_columns.hpp"
#include "fit/plan/plan_builder.hpp"

namespace mainspring {

/// out: row-major, plan.num_features() floats a row.
void run_training(const PlanBuilder& plan, const std::vector<ColumnBinding>& inputs,
                  const Table& table, float* out);

}  // namespace mainspring

// Learning from rows that all have the same columns: an id of every table, and every number.
#pragma once
#include "train/id_model.hpp"

namespace mainspring {

/// As learn_ids(), of a model without factors and of rows whose numbers are all there.
double learn_complete_rows(const IdModel& model, const IdRows& rows, const float* labels,
                           const float* row_weights, double* total_weight);

}  // namespace mainspring

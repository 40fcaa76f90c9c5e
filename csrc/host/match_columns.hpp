// Which column of a table feeds which input of a plan, checked before a row is touched.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/table.hpp"

namespace mainspring {

/// The columns of one batch in the order of the plan's inputs, as predict_rows() takes them.
struct BatchColumns {
  std::vector<ColumnView> columns;
  uint64_t first_row;  // of the batch in the table
  uint64_t num_rows;
};

/// Finds every input by name and checks every batch. Columns that the plan does not read are
/// ignored. Throws Error(kSchema) naming the columns that are missing, or the column that has
/// another kind than the input.
std::vector<BatchColumns> match_columns(const BundleImage& bundle, const Table& table);

/// The name of a plan's input.
std::string_view input_name(const PlanView& plan, uint32_t input);

/// What a plan's input takes, for people: "a number", "text".
const char* expected_of(const InputRecord& input);

}  // namespace mainspring

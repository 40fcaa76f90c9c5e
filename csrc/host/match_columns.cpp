// Matches a table to a plan by name and kind, and says in one sentence what does not fit.
#include "host/match_columns.hpp"

#include <algorithm>

#include "host/error.hpp"
#include "host/names.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

std::string cast_hint(const InputRecord& input) {
  switch (static_cast<InputKind>(input.kind)) {
    case InputKind::kFloat: return "Cast it to float64.";
    case InputKind::kInteger: return "Cast it to int64.";
    case InputKind::kBytes: return "Cast it to string.";
    case InputKind::kTimestamp:
      return input.unit == static_cast<uint8_t>(TimeUnit::kDay) ? "Cast it to date32."
                                                                : "Cast it to timestamp[us].";
    case InputKind::kFloatList: return "Cast it to list<float64>.";
    case InputKind::kIntegerList: return "Cast it to list<int64>.";
    case InputKind::kBytesList: return "Cast it to list<string>.";
  }
  return {};
}

[[noreturn]] void throw_wrong_type(const PlanView& plan, uint32_t number, const std::string& type) {
  const InputRecord& input = plan.inputs[number];
  const std::string name(input_name(plan, number));
  const std::string hint = cast_hint(input);
  throw Error(ErrorKind::kSchema, "Column '" + name + "' has type " + type + ", expected " +
                                      expected_of(input) + ". " + hint)
      .column(name)
      .expected(expected_of(input))
      .got(type)
      .hint(hint);
}

std::vector<uint32_t> find_columns(const PlanView& plan, const Table& table) {
  std::vector<uint32_t> found;
  found.reserve(plan.num_inputs);
  std::vector<std::string> missing;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const std::string_view name = input_name(plan, i);
    if (const auto place = table.find_column(name)) {
      found.push_back(*place);
    } else if (std::find(missing.begin(), missing.end(), name) == missing.end()) {
      missing.emplace_back(name);
    }
  }
  if (missing.size() == 1) table.column_index(missing[0]);  // throws with close matches
  if (!missing.empty()) {
    const auto& names = table.column_names();
    const std::vector<std::string> there(names.begin(), names.end());
    const std::string got = there.empty() ? "no columns" : list_names(there);
    throw Error(ErrorKind::kSchema, "Columns " + list_names(missing) +
                                        " are missing; the table has " + got +
                                        ". Add them, with nulls where the values are not known.")
        .column(missing[0])
        .got(got)
        .hint("Add them, with nulls where the values are not known.");
  }
  return found;
}

}  // namespace

std::string_view input_name(const PlanView& plan, uint32_t input) {
  return {plan.pool + plan.inputs[input].name_offset, plan.inputs[input].name_length};
}

const char* expected_of(const InputRecord& input) {
  switch (static_cast<InputKind>(input.kind)) {
    case InputKind::kFloat: return "a number";
    case InputKind::kInteger: return "an integer or bool";
    case InputKind::kBytes: return "text";
    case InputKind::kTimestamp: return "a timestamp or date";
    case InputKind::kFloatList: return "a list of numbers";
    case InputKind::kIntegerList: return "a list of integers";
    case InputKind::kBytesList: return "a list of text";
  }
  return "";
}

std::vector<BatchColumns> match_columns(const BundleImage& bundle, const Table& table) {
  const PlanView& plan = bundle.view().plan;
  const std::vector<uint32_t> found = find_columns(plan, table);
  std::vector<BatchColumns> batches;
  batches.reserve(table.num_batches());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    BatchColumns entry{{}, table.batch_first_row(batch), table.batch_rows(batch)};
    entry.columns.reserve(found.size());
    for (const uint32_t column : found) entry.columns.push_back(table.batch_column(batch, column));
    const Status status = check_columns(bundle.view(), entry.columns.data());
    if (!status.ok()) {
      const auto number = static_cast<uint32_t>(status.index);
      throw_wrong_type(plan, number, table.columns()[found[number]].type_name);
    }
    batches.push_back(std::move(entry));
  }
  return batches;
}

}  // namespace mainspring

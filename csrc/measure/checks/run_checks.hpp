// Runs every check that applies over a table, features in parallel.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "measure/checks/check.hpp"

namespace mainspring {

struct CheckRequest {
  std::string target;
  std::optional<Task> task;           // chosen by the label when not given
  std::vector<std::string> features;  // columns to look at
  std::string time;                   // the column with the time of prediction; empty: none
  // Feature to the timestamp column that says when it becomes known, or to microseconds after the
  // time of prediction.
  std::map<std::string, std::variant<std::string, double>> available;
  CheckOptions options;
};

/// Findings by check in the order of the list, then by feature. Throws Error(kSchema) when a column
/// is missing, cannot be read, or is no timestamp where one is needed; Error(kData) for a binary
/// label of more than two values.
std::vector<Finding> run_checks(const Table& table, const CheckRequest& request);

}  // namespace mainspring

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
  std::optional<Task> task;                // chosen by the label when not given
  std::vector<std::string> features;       // columns of training to look at
  std::vector<std::string> test_features;  // and of the test
  std::vector<std::string> groups, ids;    // keys that must not be on both sides
  std::string time;                        // the column with the time of prediction; empty: none
  // Feature to the timestamp column that says when it becomes known, or to microseconds after the
  // time of prediction.
  std::map<std::string, std::variant<std::string, double>> available;
  CheckOptions options;
};

/// Findings of each table by check in the order of the list, then by feature; then those of both.
/// Throws Error(kSchema) when a named column is missing, cannot be read, or is no timestamp where
/// one is needed; Error(kData) for a binary label of more than two values.
std::vector<Finding> run_checks(const Table& train, const Table* test, const CheckRequest& request);

}  // namespace mainspring

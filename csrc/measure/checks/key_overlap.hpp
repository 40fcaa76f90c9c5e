// Keys that training and test share: of groups and of identifiers.
#pragma once
#include "measure/checks/check.hpp"

namespace mainspring {

/// The share of test rows whose key training has: fails above 0. Codes of both are the same.
Finding judge_overlap(std::string_view check, const RowColumn& train, const RowColumn& test);

}  // namespace mainspring

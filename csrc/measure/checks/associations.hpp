// How much two features say the same, for every pair of a table.
#pragma once
#include "measure/checks/check.hpp"

namespace mainspring {

struct Association {
  uint32_t first, second;  // columns of the table
  double value;
};

/// Of all pairs of numbers, and of strings of at most 256 values; largest first.
std::vector<Association> associations(const CheckTable& table);

}  // namespace mainspring

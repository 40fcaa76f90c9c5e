// The distribution of a column's numbers as drift statistics and checks see it, exact or sketched.
#pragma once
#include <cstdint>
#include <vector>

namespace mainspring {

/// Ascending distinct values with their counts. Missing values and NaN are not in it; infinities
/// are. `rank_error` = 0: exact. Otherwise the true rank of any value differs from the rank in here
/// by at most rank_error * total (a certified bound, not an expectation).
struct Distribution {
  std::vector<double> values;
  std::vector<uint64_t> counts;
  uint64_t total = 0;
  double rank_error = 0;
};

}  // namespace mainspring

// The distribution of a column's numbers as drift statistics and checks see it, exact or sketched.
#pragma once
#include <cstdint>
#include <vector>

namespace mainspring {

/// Ascending distinct values with their counts. Missing values and NaN are not in it; infinities
/// are. `rank_error` = 0: exact. Otherwise the true rank of any value differs from the rank in here
/// by at most rank_error * total (a certified bound, not an expectation). Counts between edges are
/// put in the middle: there the rank at either edge is as certain, and between them off by at most
/// what the fullest bin holds.
struct Distribution {
  std::vector<double> values;
  std::vector<uint64_t> counts;
  uint64_t total = 0;
  double rank_error = 0;
  double gap_error = 0;  // share of all values in the fullest bin between edges
  double gap_area = 0;   // sum over bins of width times share: off by so much is any area

  bool exact() const { return rank_error == 0 && gap_error == 0; }
};

}  // namespace mainspring

// Exact counts of a column's numbers, as ascending (value, count) runs: medians and most frequent
// values come from them.
#pragma once
#include <cstdint>
#include <vector>

#include "host/state_bytes.hpp"

namespace mainspring {

/// Never NaN; -0 is 0; infinities are numbers like any other. Takes memory for the distinct values
/// only: new values wait in a buffer that is sorted and merged into the runs when it has grown as
/// large as they are.
class ValueRuns {
 public:
  void add(double value) {
    pending_.push_back(value + 0.0);  // -0 becomes 0
    if (pending_.size() >= limit_) compact();
  }
  void add_repeated(double value, uint64_t count);
  void merge(const ValueRuns& other);

  struct Run {
    double value;
    uint64_t count;
  };
  /// Ascending values, all different.
  std::vector<Run> runs() const;

  void write(StateWriter& writer) const;
  void read(StateReader& reader);

 private:
  void compact();
  static std::vector<Run> merged(const std::vector<Run>& a, const std::vector<Run>& b);

  std::vector<Run> runs_;
  std::vector<double> pending_;
  size_t limit_ = 1 << 16;
};

/// Mean of the two middle values (numpy's median); `runs` is not empty.
double median_of(const std::vector<ValueRuns::Run>& runs);
/// The value with the highest count, the smallest of equals; `runs` is not empty.
double most_frequent_of(const std::vector<ValueRuns::Run>& runs);

}  // namespace mainspring

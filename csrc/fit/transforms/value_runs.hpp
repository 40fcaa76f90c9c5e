// Exact counts of a column's numbers, however many differ: medians and most frequent values come
// from them.
#pragma once
#include <cstdint>
#include <vector>

#include "host/state_bytes.hpp"
#include "profile/number_counts.hpp"

namespace mainspring {

/// Never NaN; -0 is 0; infinities are numbers like any other. Few distinct values are counted in a
/// table. Where most differ, values wait in a buffer that is sorted and merged into ascending runs
/// when it has grown as large as they are, so that memory follows the distinct values.
class ValueRuns {
 public:
  struct Run {
    double value;
    uint64_t count;
  };

  /// No NaN among the values; -0 may be.
  void add(const double* values, uint64_t count);
  void add_repeated(double value, uint64_t count);
  void merge(const ValueRuns& other);

  bool empty() const { return total() == 0; }
  uint64_t total() const;
  /// Ascending values, all different.
  std::vector<Run> runs() const;
  /// Mean of the two middle values (numpy's median); NaN between two infinities. Not empty.
  double median() const;
  /// The quantiles i / parts for 0 < i < parts, ascending, equal ones once; none when empty.
  /// Between two ranks linear, as numpy's default: the quantile lies at rank (total - 1) * i /
  /// parts, which is exact here. Finite values only.
  std::vector<double> quantiles(uint64_t parts) const;
  /// `count` quantiles in the same way, from the smallest value to the largest, equal ones too; the
  /// smallest alone for 1. None when empty.
  std::vector<double> all_quantiles(uint64_t count) const;
  /// The quantile at a level from 0 to 1, at rank (total - 1) * level in doubles, linear between
  /// two ranks: numpy's default, to the bit. Finite values only; not empty.
  double quantile(double level) const;
  /// The value with the highest count, the smallest of equals. Not empty.
  double most_frequent() const;

  void write(StateWriter& writer) const;
  void read(StateReader& reader);

 private:
  template <class Visit>
  void for_each_key(const Visit& visit) const;
  void spill();
  void compact();
  std::vector<double> values_at(const std::vector<uint64_t>& ranks) const;

  bool few_ = true;      // all values are in counts_
  NumberCounts counts_;  // empty when few_ is false
  std::vector<Run> runs_;
  std::vector<double> pending_;
  uint64_t runs_total_ = 0;
  size_t limit_ = 1 << 20;
};

}  // namespace mainspring

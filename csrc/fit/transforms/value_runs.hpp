// Counts of a column's numbers: medians and quantiles come from them. Exact while no more numbers
// differ than may be held, a sketch beyond.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "fit/transforms/number_buffer.hpp"
#include "host/state_bytes.hpp"
#include "profile/number_counts.hpp"
#include "profile/quantile_sketch.hpp"

namespace mainspring {

/// Never NaN; -0 is 0; infinities are numbers like any other. Few distinct values are counted in a
/// table. Where most differ, values wait in a buffer that is sorted and merged into ascending runs
/// when it has grown large beside them, so that memory follows the distinct values. Where more than
/// max_values differ, a QuantileSketch takes over: then "value at a rank" means one whose true rank
/// is at most rank_error() away, but for the smallest and the largest value, which are always
/// known. When it takes over depends on the values in their order alone, not on how they are
/// divided.
class ValueRuns {
 public:
  struct Run {
    double value;
    uint64_t count;
  };

  /// No NaN among the values; -0 may be. `expected`: as many come now, these among them, or fewer.
  void add(const double* values, uint64_t count, uint64_t max_values, uint64_t expected = 0);
  void add_repeated(double value, uint64_t count);
  void merge(const ValueRuns& other);
  /// Where more values differ now, after a merge, the sketch takes over.
  void limit(uint64_t max_values);

  bool empty() const { return total() == 0; }
  uint64_t total() const {
    return sketch_.has_value() ? sketch_->total() : counts_.total() + runs_total_ + pending_.size();
  }
  /// All values, while a table counts them; else null.
  const NumberCounts* counted() const { return few_ && !sketch_.has_value() ? &counts_ : nullptr; }
  /// Values by which a rank may be wrong; 0: exact.
  uint64_t rank_error() const { return sketch_.has_value() ? sketch_->rank_error() : 0; }
  /// Ascending values, all different.
  std::vector<Run> runs() const;
  /// Mean of the two middle values (numpy's median); NaN between two infinities. Not empty.
  double median() const;
  /// Looks the median up now, for all calls of median() until values come. Not empty.
  void settle_median() { median_ = median(); }
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
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

 private:
  template <class Visit>
  void for_each_key(const Visit& visit) const;
  void count_block(std::span<const double> values);
  void spill();
  void compact();
  void look(uint64_t max_values);
  void begin_sketch(uint32_t level_items);
  void add_to_sketch(const std::vector<Run>& runs);
  void widen(double least, double greatest);
  std::vector<Run> sketched_runs() const;
  void read_sketch(StateReader& reader, uint32_t level_items);
  std::vector<double> values_at(const std::vector<uint64_t>& ranks) const;

  bool few_ = true;      // all values are in counts_
  NumberCounts counts_;  // empty when few_ is false
  std::vector<Run> runs_;
  NumberBuffer pending_;
  uint64_t runs_total_ = 0;
  uint64_t look_at_ = 0;                  // total at which it is looked whether too many differ
  std::optional<QuantileSketch> sketch_;  // then all of the above is empty
  double least_ = std::numeric_limits<double>::infinity();  // of what the sketch has seen
  double greatest_ = -std::numeric_limits<double>::infinity();
  std::optional<double> median_;
};

}  // namespace mainspring

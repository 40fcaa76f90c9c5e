// Exact sum and sum of squares of a column's finite numbers; mean and deviation are rounded once.
#pragma once
#include <cstdint>

#include "host/state_bytes.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

class Moments {
 public:
  /// Finite values only.
  void add(const double* values, uint64_t count);
  void add_repeated(double value, uint64_t count);
  void merge(const Moments& other);

  uint64_t count() const { return count_; }
  double sum() const { return sum_.value(); }
  double sum_of_squares() const { return squares_.value(); }
  /// NaN when there are no values.
  double mean() const;
  /// Standard deviation from the exact sums: no cancellation however large the mean is. ddof 0
  /// divides by count, 1 by count - 1; NaN when that is not positive or the mean is not finite.
  double deviation(uint32_t ddof = 0) const;

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt).
  static Moments read(StateReader& reader);

 private:
  uint64_t count_ = 0;
  ExactSum sum_;
  ExactSum squares_;
};

}  // namespace mainspring

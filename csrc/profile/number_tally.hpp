// Plain counts and extremes of a column's numbers.
#pragma once
#include <cstdint>

#include "host/state_bytes.hpp"

namespace mainspring {

struct NumberTally {
  uint64_t count = 0;  // present values, infinities included
  uint64_t positive_infinities = 0;
  uint64_t negative_infinities = 0;
  uint64_t zeros = 0;
  uint64_t negatives = 0;   // -inf included
  uint64_t fractional = 0;  // finite and not an integer
  double min = 0;           // of all present values; 0 when there are none
  double max = 0;

  uint64_t finite() const { return count - positive_infinities - negative_infinities; }
  bool integer_valued() const { return finite() > 0 && fractional == 0; }

  /// No NaN, no -0.0.
  void add(const double* values, uint64_t num_values);
  void add_repeated(double value, uint64_t times);
  void merge(const NumberTally& other);

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt) on counts that contradict each other.
  static NumberTally read(StateReader& reader);
};

}  // namespace mainspring

// Exact counts of a column's distinct numbers, up to a cap: quantiles, moments and every drift
// statistic are exact as long as they last.
#pragma once
#include <cstdint>
#include <vector>

#include "host/state_bytes.hpp"

namespace mainspring {

/// Ascending distinct values and how often each occurs.
struct NumberRuns {
  std::vector<double> values;
  std::vector<uint64_t> counts;
};

class NumberCounts {
 public:
  static constexpr uint32_t kMaxDistinct = 16384;

  /// Counts values (no NaN, no -0.0) until a new one would be distinct value kMaxDistinct + 1;
  /// returns how many were counted.
  uint64_t add(const double* values, uint64_t count);
  /// false, and nothing changes, when the value is new and there is no room.
  bool add_repeated(double value, uint64_t count);
  NumberRuns runs() const;
  /// Calls visit(value, count) for every distinct value, in no order.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (size_t value = 0; value < whole_.size(); ++value) {
      if (whole_[value] != 0) visit(static_cast<double>(value), whole_[value]);
    }
    for (const Slot& slot : slots_) {
      if (slot.count != 0) visit(slot.value, slot.count);
    }
  }
  uint32_t distinct() const { return num_used_; }
  uint64_t total() const { return total_; }

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt) on runs that are not ascending, empty or beyond the cap.
  static NumberCounts read(StateReader& reader);

 private:
  struct Slot {
    double value;
    uint64_t count;  // 0: empty
  };
  Slot* find(double value);
  uint64_t* count_of(double value);
  void grow();

  std::vector<uint64_t> whole_;  // counts of 0, 1, 2, ...: small integers, found without a hash
  std::vector<Slot> slots_;      // of all others; a power of two, at most half full
  uint32_t shift_ = 64;          // from a hash to a slot number
  uint32_t num_slots_used_ = 0;
  uint32_t num_used_ = 0;
  uint64_t total_ = 0;
};

}  // namespace mainspring

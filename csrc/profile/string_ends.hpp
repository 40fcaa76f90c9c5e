// Counts strings of one length that differ in their last eight bytes alone, as names with a common
// beginning do: the beginning is compared sixteen bytes at once, and one word says which it is.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "profile/value_counts.hpp"

namespace mainspring {

/// A cache before a ValueCounts. What it has counted is there after settle().
class StringEnds {
 public:
  static constexpr uint64_t kEndBytes = 8;

  /// For about that many rows.
  explicit StringEnds(uint64_t num_rows);

  /// Strings of `length` bytes one behind the other, for which there is room in `counts` even if
  /// all are new. False, and nothing is counted, where they begin otherwise than those counted
  /// first, are shorter than kEndBytes, or longer than what is kept whole.
  bool count(const uint8_t* data, uint64_t length, uint32_t num_rows, ValueCounts* counts);
  void settle(ValueCounts* counts);
  /// Forgets all that was met, which was settled before; not how strings begin.
  void clear();

 private:
  static constexpr uint64_t kMostBytes = ValueCounts::kMaxKeyBytes;
  static constexpr uint32_t kTables = 2;  // equal strings in a row do not wait for each other
  struct Place {
    uint64_t end;
    std::array<uint32_t, kTables> times;  // since `counts` was last told

    uint64_t sum() const { return uint64_t{times[0]} + times[1]; }
  };
  bool begins_as_known(const uint8_t* data, uint32_t num_rows) const;
  void keep_beginning(const uint8_t* data, uint64_t length);
  void empty(uint64_t num_places);
  // By value: what a loop points to cannot stay in its registers.
  [[gnu::noinline]] void meet(const uint8_t* end, uint64_t at, ValueCounts* counts);

  uint64_t most_places_;
  uint64_t length_ = 0;  // 0: none was met
  std::array<uint8_t, kMostBytes> beginning_{};
  std::vector<Place> places_;      // a power of two
  std::vector<uint32_t> numbers_;  // of each place in `counts`
  uint64_t num_used_ = 0;
  uint64_t num_untold_ = 0;  // at most, since `counts` was last told
};

}  // namespace mainspring

// Exact sums for many cells at once: the arithmetic of ExactSum (runtime/core/exact_sum.hpp), but
// only the few limbs that the values really reach, so that a category costs 8 to 40 bytes and not
// 1,104.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/state_bytes.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Every cell has the same window of limbs; it grows when a value needs more. Bit-equal whatever
/// the order of add and merge.
class WindowSums {
 public:
  void resize(uint64_t num_cells) {
    limbs_.resize(num_cells * width_);
    num_cells_ = num_cells;
  }
  uint64_t num_cells() const { return num_cells_; }
  /// `value` is finite.
  void add(uint64_t cell, double value);
  /// |value| <= 2^31.
  void add_integer(uint64_t cell, int64_t value) {
    if (++pending_ >= kMaxPending) carry();
    limbs_[cell * width_ + (kUnitLimb - first_)] += value;
  }
  /// values[i] to cells[i], for at most kTileRows of them.
  void add_all(const uint64_t* cells, const double* values, uint32_t count);
  /// Cell i of `other` is added to cells[i].
  void merge(WindowSums other, const std::vector<uint64_t>& cells);
  /// These cells alone, in this order.
  WindowSums picked(std::span<const uint64_t> cells) const;
  /// Rounded once: cells [first, first + count), without `excluded` (any number outside for none).
  double sum(uint64_t first, uint64_t count, uint64_t excluded = UINT64_MAX) const;
  /// Whether every sum is an integer, below 2^62.
  bool are_integers() const { return first_ == kUnitLimb && width_ == 1; }
  /// The same, not rounded.
  ExactSum exact_sum(uint64_t first, uint64_t count, uint64_t excluded = UINT64_MAX) const;

  /// The same bytes for the same sums, whatever the window.
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

 private:
  void cover(uint32_t first_limb, uint32_t end_limb);
  void carry();

  static constexpr uint32_t kUnitLimb = 68;  // of weight 2^0: small integers need no other
  static constexpr uint64_t kMaxPending = uint64_t{1} << 30;  // additions below 2^32: below 2^62
  uint32_t first_ = kUnitLimb;
  uint32_t width_ = 1;
  uint64_t num_cells_ = 0;
  uint64_t pending_ = 0;  // additions to any cell since the last carry
  std::vector<int64_t> limbs_;
};

static_assert(32 * 68 + kExactSumLowExponent == 0);

}  // namespace mainspring

// The one way this project adds floating-point numbers it will merge: exactly, so that order,
// batches, threads and shards cannot change a bit of the result.
//
// A sum is a fixed-point number in base 2^32 with signed 64-bit limbs (R. M. Neal, "Fast exact
// summation using small and large superaccumulators", 2015, arXiv:1505.05571): each value adds to
// at most a few limbs, carries wait until a limb could overflow, and only value() rounds, once, to
// nearest even.
#pragma once
#include <cstdint>

namespace mainspring {

/// Limb i weighs 2^(32 * i + kExactSumLowExponent). The range holds every product of two doubles
/// times 2^64 additions.
inline constexpr int32_t kExactSumLowExponent = -2176;
inline constexpr uint32_t kExactSumLimbs = 138;

/// Full-range form. NaN and infinities are counted by the caller, never added. Bit-equal whatever
/// the order of add, add_product, add_repeated and merge.
class ExactSum {
 public:
  void add(double value) noexcept;
  void add_all(const double* values, uint64_t count) noexcept;
  /// a * b, exactly.
  void add_product(double a, double b) noexcept;
  /// value * count, exactly.
  void add_repeated(double value, uint64_t count) noexcept;
  /// a * b * count, exactly. |count| below 2^21 keeps the product within the limbs' room; larger
  /// counts are split.
  void add_product_repeated(double a, double b, uint64_t count) noexcept;
  void merge(const ExactSum& other) noexcept;
  /// Takes other away again, exactly.
  void subtract(const ExactSum& other) noexcept;
  /// Rounded to nearest even; overflows to infinity.
  double value() const noexcept;
  bool operator==(const ExactSum& other) const noexcept;  // of the numbers, not of pending carries

  /// Canonical limbs (carries done, two's complement from the top): for state bytes. A reader must
  /// pass them to set().
  void canonical(int64_t limbs[kExactSumLimbs]) const noexcept;
  void set(const int64_t limbs[kExactSumLimbs]) noexcept;

 private:
  void propagate() noexcept;
  int64_t limbs_[kExactSumLimbs] = {};
  uint32_t pending_ = 0;  // additions since the last carry
};

}  // namespace mainspring

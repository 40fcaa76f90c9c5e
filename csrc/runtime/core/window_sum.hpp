// The exact accumulator's small form, for windows: values on a grid of fixed exponent, added and
// taken away again as integers, so that a window's sum has the same bits whatever went through it.
//
// A column has one grid, chosen from its training values and stored in the bundle: multiples of
// 2^exponent below 2^(exponent + kGridBits). Values between its lines round to nearest even, the
// same everywhere; larger ones are refused. Needs 128-bit integers, as every host has.
#pragma once
#include <cstdint>

namespace mainspring {

/// Bits of a value on the grid. Up to kMaxWindowCount of them, and the squares of their sum, stay
/// within 256 bits.
inline constexpr int32_t kGridBits = 100;
inline constexpr uint64_t kMaxWindowCount = uint64_t{1} << 27;
inline constexpr int32_t kMinGridExponent = -1074;
inline constexpr int32_t kMaxGridExponent = 1024 - kGridBits;

__extension__ typedef __int128 GridInteger;
__extension__ typedef unsigned __int128 GridMagnitude;

/// value * 2^power, exact but where it leaves the range of doubles.
inline double scale_by_power(double value, int32_t power) noexcept {
  while (power > 1000) {
    value *= __builtin_bit_cast(double, uint64_t{1000 + 1023} << 52);
    power -= 1000;
  }
  while (power < -1000) {  // a step that leaves no subnormal number behind, which would round twice
    value *= __builtin_bit_cast(double, uint64_t{1023 - 900} << 52);
    power += 900;
  }
  return value * __builtin_bit_cast(double, static_cast<uint64_t>(power + 1023) << 52);
}

/// The nearest double, ties to even: the bits of a conversion, without the call that it is.
inline double round_to_double(GridMagnitude value) noexcept {
  const auto high = static_cast<uint64_t>(value >> 64);
  if (high == 0 && static_cast<int64_t>(value) >= 0) {
    return static_cast<double>(static_cast<int64_t>(value));
  }
  // The highest 63 bits; what is cut off only has to break ties.
  const int32_t zeros = high != 0 ? __builtin_clzll(high) : 64;
  const int32_t shift = 65 - zeros;
  const auto kept = static_cast<int64_t>(value >> shift);
  const bool has_rest = (value & ((GridMagnitude{1} << shift) - 1)) != 0;
  return static_cast<double>(kept | (has_rest ? 1 : 0)) *
         __builtin_bit_cast(double, static_cast<uint64_t>(shift + 1023) << 52);
}
inline double round_to_double(GridInteger value) noexcept {
  const auto magnitude = static_cast<GridMagnitude>(value);
  return value < 0 ? -round_to_double(-magnitude) : round_to_double(magnitude);
}

/// Puts a value on the grid. False: it is NaN, infinite, or above it.
inline bool to_grid(double value, int32_t exponent, GridInteger* out) noexcept {
  const uint64_t bits = __builtin_bit_cast(uint64_t, value);
  const auto field = static_cast<int32_t>((bits >> 52) & 0x7FF);
  if (field == 0x7FF) return false;
  const uint64_t fraction = bits & 0x000FFFFFFFFFFFFF;
  const uint64_t mantissa = field == 0 ? fraction : fraction | 0x0010000000000000;
  const int32_t shift = (field == 0 ? 1 : field) - 1075 - exponent;
  GridMagnitude magnitude = 0;
  if (shift >= 0) {
    if (mantissa != 0 && shift + 64 - __builtin_clzll(mantissa) > kGridBits) return false;
    magnitude = mantissa == 0 ? 0 : static_cast<GridMagnitude>(mantissa) << shift;
  } else if (shift > -55) {
    const uint64_t kept = mantissa >> -shift;
    const uint64_t rest = mantissa & ((uint64_t{1} << -shift) - 1);
    const uint64_t half = uint64_t{1} << (-shift - 1);
    magnitude = kept + (rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0);
  }
  const auto integer = static_cast<GridInteger>(magnitude);
  *out = (bits >> 63) != 0 ? -integer : integer;
  return true;
}

/// The sum of values on one grid.
struct WindowSum {
  GridInteger sum = 0;

  void add(GridInteger value) noexcept { sum += value; }
  void subtract(GridInteger value) noexcept { sum -= value; }
  /// Rounded once, to nearest even.
  double value(int32_t exponent) const noexcept {
    return scale_by_power(round_to_double(sum), exponent);
  }
  /// The rounded sum divided by `count`; no overflow on the way.
  double mean(uint64_t count, int32_t exponent) const noexcept {
    return scale_by_power(round_to_double(sum) / static_cast<double>(count), exponent);
  }
};

/// The sum of their squares: 256 bits.
struct WindowSquares {
  GridMagnitude low = 0, high = 0;

  void add(GridInteger value) noexcept {
    GridMagnitude square_low = 0, square_high = 0;
    square(value < 0 ? -static_cast<GridMagnitude>(value) : static_cast<GridMagnitude>(value),
           &square_low, &square_high);
    low += square_low;
    high += square_high + (low < square_low ? 1 : 0);
  }
  void subtract(GridInteger value) noexcept {
    GridMagnitude square_low = 0, square_high = 0;
    square(value < 0 ? -static_cast<GridMagnitude>(value) : static_cast<GridMagnitude>(value),
           &square_low, &square_high);
    high -= square_high + (low < square_low ? 1 : 0);
    low -= square_low;
  }

  /// The sample standard deviation of `count` >= 2 values with this sum: count * squares - sum^2
  /// exactly, then one rounding, one division, one root. A constant series gives 0.
  double deviation(uint64_t count, const WindowSum& sum, int32_t exponent) const noexcept;

  static void square(GridMagnitude value, GridMagnitude* low, GridMagnitude* high) noexcept {
    const auto small = static_cast<uint64_t>(value), large = static_cast<uint64_t>(value >> 64);
    const GridMagnitude first = static_cast<GridMagnitude>(small) * small;
    const GridMagnitude middle = static_cast<GridMagnitude>(small) * large;
    *low = first + (middle << 65);
    *high = static_cast<GridMagnitude>(large) * large + (middle >> 63) + (*low < first ? 1 : 0);
  }
};

inline double WindowSquares::deviation(uint64_t count, const WindowSum& sum,
                                       int32_t exponent) const noexcept {
  const GridMagnitude mask = ~uint64_t{0};
  // squares * count, in two halves.
  const GridMagnitude low_part = (low & mask) * count;
  const GridMagnitude next_part = (low >> 64) * count + (low_part >> 64);
  GridMagnitude above = high * count + (next_part >> 64);
  GridMagnitude below = (next_part << 64) | (low_part & mask);
  GridMagnitude square_low = 0, square_high = 0;
  square(sum.sum < 0 ? -static_cast<GridMagnitude>(sum.sum) : static_cast<GridMagnitude>(sum.sum),
         &square_low, &square_high);
  above -= square_high + (below < square_low ? 1 : 0);
  below -= square_low;
  int32_t power = 0;
  if (above != 0) {
    // The highest 128 bits; what is cut off only has to break ties.
    const auto top = static_cast<uint64_t>(above >> 64);
    const int32_t zeros =
        top != 0 ? __builtin_clzll(top) : 64 + __builtin_clzll(static_cast<uint64_t>(above));
    const GridMagnitude rest = zeros == 0 ? below : below << zeros;
    above = zeros == 0 ? above : (above << zeros) | (below >> (128 - zeros));
    below = above | (rest != 0 ? 1 : 0);
    power = 128 - zeros;
  }
  const double pairs = static_cast<double>(count) * static_cast<double>(count - 1);
  const double variance = scale_by_power(round_to_double(below), power) / pairs;
  return scale_by_power(__builtin_sqrt(variance), exponent);
}

/// The grid that holds values exactly from 2^low_bit (their lowest bit) to below 2^high_bit, with
/// equal room at both ends; where they span too much, the large ones stay exact, with 8 bits above.
constexpr int32_t grid_exponent(int32_t low_bit, int32_t high_bit) noexcept {
  const int32_t span = high_bit - low_bit;
  const int32_t exponent =
      span <= kGridBits ? low_bit - (kGridBits - span) / 2 : high_bit + 8 - kGridBits;
  return exponent < kMinGridExponent   ? kMinGridExponent
         : exponent > kMaxGridExponent ? kMaxGridExponent
                                       : exponent;
}

}  // namespace mainspring

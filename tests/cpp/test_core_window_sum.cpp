// The small exact accumulator: what goes in comes out, to the last bit, whatever lay between.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/window_sum.hpp"

using namespace mainspring;

namespace {

double drawn(uint64_t number, int32_t low, int32_t high) {
  const uint64_t bits = hash_u64(number);
  const double mantissa = static_cast<double>(bits >> 11) * 0x1p-53;
  const int32_t power =
      low + static_cast<int32_t>(hash_u64(bits) % static_cast<uint64_t>(high - low));
  return (bits & 1 ? -1.0 : 1.0) * std::ldexp(0.5 + mantissa / 2, power);
}

void test_sums_on_the_grid_are_exact_sums() {
  const int32_t exponent = grid_exponent(-60, 40);
  check(exponent == -60, "a span of 100 bits fits exactly");
  WindowSum sum;
  ExactSum exact;
  std::vector<double> values;
  for (uint64_t i = 0; i < 4000; ++i) {
    // Of 53 bits below 2^-7 the lowest lie below the grid: cut them.
    const double value = std::ldexp(std::nearbyint(std::ldexp(drawn(i, -50, 40), 60)), -60);
    GridInteger on_grid = 0;
    check(to_grid(value, exponent, &on_grid), "below the top");
    sum.add(on_grid);
    exact.add(value);
    values.push_back(value);
    check(sum.value(exponent) == exact.value(), "the exact sum, rounded once");
  }
  for (const double value : values) {
    GridInteger on_grid = 0;
    to_grid(value, exponent, &on_grid);
    sum.subtract(on_grid);
  }
  check(sum.sum == 0, "nothing is left");
}

void test_values_round_to_even_and_large_ones_are_refused() {
  GridInteger value = 0;
  check(to_grid(2.5, 0, &value) && value == 2, "half to even, down");
  check(to_grid(-3.5, 0, &value) && value == -4, "half to even, up");
  check(to_grid(0.5, 0, &value) && value == 0, "half of the first line");
  check(to_grid(0x1.8p-1, 0, &value) && value == 1, "above half");
  check(to_grid(0x1p-80, 0, &value) && value == 0, "far below");
  check(to_grid(-0.0, 0, &value) && value == 0, "no negative zero");
  check(to_grid(0x1.fffffffffffffp+99, 0, &value), "the largest");
  check(!to_grid(0x1p+100, 0, &value), "the first above");
  check(!to_grid(INFINITY, 0, &value) && !to_grid(NAN, 0, &value), "no number");
  check(to_grid(0x1p-1074, kMinGridExponent, &value) && value == 1, "the smallest of all");
  check(to_grid(0x1.fffffffffffffp+1023, kMaxGridExponent, &value), "the largest of all");
}

void test_deviations_are_those_of_integers() {
  for (const int32_t exponent : {-1074, -60, 0, 500}) {
    WindowSum sum;
    WindowSquares squares;
    const GridInteger big = (GridInteger{1} << 99) + 12345;
    for (int i = 0; i < 1000; ++i) {
      sum.add(big);
      squares.add(big);
    }
    check(squares.deviation(1000, sum, exponent) == 0, "a constant series has none");
    sum.add(-big);
    squares.add(-big);
    check(squares.deviation(1001, sum, exponent) > 0, "and another value gives one");
    sum.subtract(-big);
    squares.subtract(-big);
    check(squares.deviation(1000, sum, exponent) == 0, "which goes with it");
  }
  WindowSum sum;
  WindowSquares squares;
  for (const int64_t value : {1, 2, 3, 4}) {
    sum.add(value);
    squares.add(value);
  }
  check(squares.deviation(4, sum, 0) == std::sqrt(20.0 / 12.0), "of 1, 2, 3, 4");
}

/// The compiler's own conversion is the oracle.
void test_integers_round_as_the_compiler_rounds_them() {
  const auto compare = [](GridMagnitude value) {
    check(round_to_double(value) == static_cast<double>(value), "without a sign");
    const auto integer = static_cast<GridInteger>(value);
    check(round_to_double(integer) == static_cast<double>(integer), "with one");
  };
  for (int32_t bit = 0; bit < 128; ++bit) {
    const GridMagnitude power = GridMagnitude{1} << bit;
    for (int32_t low = 0; low <= bit; ++low) {
      const GridMagnitude other = GridMagnitude{1} << low;
      for (const GridMagnitude value : {power, power + other, power - other, power + other - 1,
                                        power + other + 1, power + 3 * other, ~(power - other)}) {
        compare(value);
      }
    }
  }
  for (uint64_t i = 0; i < 100'000; ++i) {
    const GridMagnitude drawn_bits =
        static_cast<GridMagnitude>(hash_u64(i)) << 64 | hash_u64(i + (uint64_t{1} << 40));
    compare(drawn_bits >> hash_u64(i + (uint64_t{1} << 41)) % 128);
  }
  check(!std::signbit(round_to_double(GridInteger{0})), "no negative zero");
}

void test_scaling_rounds_once() {
  check(scale_by_power(0x1.8p+0, -1074) == 0x1p-1073, "half to even at the bottom");
  check(scale_by_power(1.0, 1023) == 0x1p+1023, "at the top");
  check(scale_by_power(3.0, -1074) == std::ldexp(3.0, -1074), "subnormal");
}

}  // namespace

int main() {
  test_sums_on_the_grid_are_exact_sums();
  test_values_round_to_even_and_large_ones_are_refused();
  test_deviations_are_those_of_integers();
  test_integers_round_as_the_compiler_rounds_them();
  test_scaling_rounds_once();
  return finish();
}

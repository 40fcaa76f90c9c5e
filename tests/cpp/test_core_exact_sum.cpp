// What needs the C++ side of exact sums: room for carries, foreign limbs, and memory (the numbers
// are held against fractions in tests/core/test_exact_sum.py).
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "check.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/hash.hpp"

using namespace mainspring;

namespace {

void test_doubling_past_the_room_for_carries() {
  // 2^60 additions' worth of pending carries, made by merging a sum with itself.
  ExactSum sum;
  sum.add(-0x1.fffffffffffffp+0);
  for (int i = 1; i <= 60; ++i) {
    sum.merge(sum);
    check(sum.value() == -std::ldexp(0x1.fffffffffffffp+0, i), "doubled");
  }
  ExactSum repeated;
  repeated.add_repeated(-0x1.fffffffffffffp+0, uint64_t{1} << 60);
  check(sum == repeated, "the same number");
  sum.subtract(sum);
  check(sum == ExactSum(), "nothing is left");
}

void test_largest_products_stay_inside() {
  const double huge = std::numeric_limits<double>::max();
  ExactSum sum, opposite;
  sum.add_product_repeated(huge, huge, ~uint64_t{0});
  opposite.add_product_repeated(huge, -huge, ~uint64_t{0});
  check(sum.value() == std::numeric_limits<double>::infinity(), "overflows to infinity");
  check(opposite.value() == -std::numeric_limits<double>::infinity(), "and to minus infinity");
  sum.merge(opposite);
  check(sum == ExactSum(), "and comes back exactly");
  const double tiny = std::numeric_limits<double>::denorm_min();
  sum.add_product(tiny, tiny);
  check(sum.value() == 0.0 && !(sum == ExactSum()), "the smallest product is kept, not rounded");
}

void test_canonical_limbs_round_trip() {
  ExactSum sum;
  for (uint64_t i = 0; i < 1000; ++i) {
    sum.add_product(static_cast<double>(static_cast<int64_t>(hash_u64(i))), i % 2 ? 1e-30 : -1e30);
  }
  int64_t limbs[kExactSumLimbs];
  sum.canonical(limbs);
  for (uint32_t i = 0; i + 1 < kExactSumLimbs; ++i) {
    check(limbs[i] >= 0 && limbs[i] <= 0xFFFFFFFF, "a limb below the top has 32 bits");
  }
  ExactSum again;
  again.set(limbs);
  check(again == sum && again.value() == sum.value(), "set() takes canonical() back");
}

void test_foreign_limbs_are_no_trap() {
  int64_t limbs[kExactSumLimbs];
  for (const int64_t limb :
       {std::numeric_limits<int64_t>::max(), int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    for (int64_t& each : limbs) each = limb;
    ExactSum sum;
    sum.set(limbs);
    for (int i = 0; i < 3; ++i) sum.merge(sum);
    sum.add(1.0);
    ExactSum copy = sum;
    copy.subtract(sum);
    check(copy == ExactSum(), "any limbs are some number");
    check(!std::isnan(sum.value()), "and it has a value");
  }
}

}  // namespace

int main() {
  test_doubling_past_the_room_for_carries();
  test_largest_products_stay_inside();
  test_canonical_limbs_round_trip();
  test_foreign_limbs_are_no_trap();
  return finish();
}

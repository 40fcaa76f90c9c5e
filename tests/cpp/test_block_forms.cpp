// Blocks of numbers in the lanes of each instruction set: sums against the full accumulator,
// packing against a loop.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "check.hpp"
#include "profile/block_forms.hpp"
#include "random.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kNearSpread = 3;  // of wild_values() that lie close enough together

void add_units(const NearSums& near, ExactSum* sum, ExactSum* squares) {
  for (uint32_t i = 0; i < NearSums::kUnits; ++i) {
    const double unit = near.counts[i] < 0 ? -near.units[i] : near.units[i];
    ExactSum* const of_unit = i < NearSums::kNumbers ? sum : squares;
    of_unit->add_repeated(unit, static_cast<uint64_t>(std::abs(near.counts[i])));
  }
}

/// Blocks at the ends of what units can hold: all of them are exact, those beyond are refused.
void test_near_sums(const BlockForms& forms) {
  const auto sums_of = [&](const std::vector<double>& numbers, ExactSum* sum, ExactSum* squares) {
    double block[kSumBlock] = {};
    std::copy(numbers.begin(), numbers.end(), block);
    NearSums near;
    if (!forms.sum_near(block, &near)) return false;
    add_units(near, sum, squares);
    return true;
  };
  const double most = 0x1.fffffffffffffp0, odd = 0x1.0000000000001p0;
  for (const double scale : {1.0, 0x1p-376, 0x1p398, 0x1.8p3, 0x1.fffffffffffffp0}) {
    for (const double least :
         {most * 0x1p-24, 0x1.fffffffffffffp-24, 0x1p-23, 0x1.5555555555555p-9}) {
      std::vector<double> numbers(kSumBlock, most * scale);
      for (size_t i = 0; i < numbers.size(); ++i) {
        if (i % 3 == 1) numbers[i] = least * scale;
        if (i % 7 == 2) numbers[i] = -odd * scale;
        if (i % 31 == 0) numbers[i] = i % 2 == 0 ? 0.0 : -0.0;
      }
      ExactSum sum, squares, near_sum, near_squares;
      for (const double number : numbers) {
        sum.add(number);
        squares.add_product(number, number);
      }
      check(sums_of(numbers, &near_sum, &near_squares), "sizes within 2^24 of each other");
      check(near_sum == sum && near_squares == squares, "units at their ends are exact");
    }
  }
  ExactSum sum, squares;
  check(sums_of({}, &sum, &squares) && sum == ExactSum() && squares == ExactSum(), "zeros alone");
  for (const std::vector<double>& numbers : std::vector<std::vector<double>>{
           {1.0, 0x1p-25}, {0x1p401}, {0x1p-401}, {5e-324}, {1.0, kInfinity}, {-kInfinity}}) {
    check(!sums_of(numbers, &sum, &squares), "other sizes are refused");
  }
  check(sum == ExactSum() && squares == ExactSum(), "nothing is added of what is refused");
}

/// Nothing is lost in a block, whatever the width of its lanes.
void test_block_forms(const BlockForms& forms, int spread) {
  Random random(spread);
  std::vector<double> values = wild_values(random, kSumBlock, spread);
  values[7] = 0;
  values[8] = -0.0;
  ExactSum sum, squares, pieces_sum, squares_sum;
  for (const double value : values) {
    sum.add(value);
    squares.add_product(value, value);
  }
  NearSums near;
  const bool are_near = forms.sum_near(values.data(), &near);
  check(are_near == (spread <= kNearSpread), "numbers of sizes that lie close together");
  if (are_near) {
    ExactSum near_sum, near_squares;
    add_units(near, &near_sum, &near_squares);
    check(near_sum == sum && near_squares == squares, "units are exact");
  }
  double products[kSumBlock], errors[kSumBlock];
  const bool squared = forms.square(values.data(), products, errors);
  check(squared || spread > 400, "squares of ordinary numbers are doubles");
  for (uint32_t i = 0; i < kSumBlock; ++i) {
    check(!squared || products[i] == values[i] * values[i], "a square, rounded");
    squares_sum.add(products[i]);
    squares_sum.add(errors[i]);
  }
  check(!squared || squares_sum == squares, "squares and their errors are exact");
  double pieces[kMostCuts], left = 0;
  const uint32_t count = forms.cut(values.data(), pieces, &left);
  check(count <= kMostCuts, "so many pieces");
  for (uint32_t i = 0; i < count; ++i) pieces_sum.add(pieces[i]);
  double largest = 0;
  for (const double value : values) {
    pieces_sum.add(value);
    largest = std::max(largest, std::fabs(value));
  }
  check(left == largest, "the largest that is left");
  check(pieces_sum == sum, "pieces and what is left are exact");
}

/// Those that are kept, in their order, however many lanes are looked at side by side.
void test_packed_forms(const BlockForms& forms, uint32_t count) {
  Random random(count);
  std::vector<double> values = wild_values(random, count, 3);
  std::vector<double> between, present;
  uint64_t below = 7;  // of blocks before
  const double low = -0.25, high = 0.5;
  for (size_t i = 0; i < count; i += 5) values[i] = i % 2 == 0 ? low : high;
  for (const double value : values) {
    if (value >= low && value <= high) between.push_back(value);
    below += value < low ? 1 : 0;
  }
  double packed[kSumBlock];
  uint64_t counted = 7;
  uint32_t kept = forms.pack_between(values.data(), count, low, high, packed, &counted);
  check(std::vector<double>(packed, packed + kept) == between, "numbers between");
  check(counted == below, "numbers below");
  for (double& value : values) {
    if (random() % 3 == 0) value = std::nan("");
    if (random() % 9 == 0) value = random() % 2 == 0 ? kInfinity : -kInfinity;
    if (!std::isnan(value)) present.push_back(value);
  }
  kept = forms.pack(values.data(), count, packed);
  check(std::vector<double>(packed, packed + kept) == present, "numbers that are there");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  std::vector<const BlockForms*> levels{block_forms_baseline()};
  if (detect_isa() >= IsaLevel::kAvx2) levels.push_back(block_forms_avx2());
  if (detect_isa() >= IsaLevel::kAvx512) levels.push_back(block_forms_avx512());
  for (const BlockForms* forms : levels) {
    for (const int spread : {0, 3, 20, 300, 1020}) test_block_forms(*forms, spread);
    test_near_sums(*forms);
    for (const uint32_t count : {0u, 1u, 7u, 8u, 9u, 63u, 511u, 512u}) {
      test_packed_forms(*forms, count);
    }
  }
  return finish();
}

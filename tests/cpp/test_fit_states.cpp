// What transforms learn in: compact exact sums against the full accumulator, counts and medians
// against sorting, key numbers against a map.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/value_runs.hpp"
#include "fit/transforms/window_sums.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<uint8_t> bytes_of(const auto& state) {
  StateWriter writer;
  state.write(writer);
  return writer.take();
}

std::string_view view_of(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Doubles of all sizes and signs, subnormal ones and large ones among them.
std::vector<double> wild_values(std::mt19937_64& random, size_t count, int spread) {
  std::uniform_int_distribution<int> exponent(-spread, spread);
  std::uniform_real_distribution<double> mantissa(-1, 1);
  std::vector<double> values(count);
  for (double& value : values) value = std::ldexp(mantissa(random), exponent(random));
  return values;
}

void test_window_sums(int spread) {
  std::mt19937_64 random(spread);
  const std::vector<double> values = wild_values(random, 3000, spread);
  constexpr uint64_t kCells = 7;
  std::vector<ExactSum> expected(kCells);
  WindowSums sums, left, right;
  for (WindowSums* each : {&sums, &left, &right}) each->resize(kCells);
  ExactSum all, without_two;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t cell = i % kCells;
    expected[cell].add(values[i]);
    all.add(values[i]);
    if (cell != 2) without_two.add(values[i]);
    sums.add(cell, values[i]);
    (i % 3 == 0 ? left : right).add(cell, values[i]);
  }
  for (uint64_t cell = 0; cell < kCells; ++cell) {
    check(sums.sum(cell, 1) == expected[cell].value(), "a cell's sum");
    check(sums.exact_sum(cell, 1) == expected[cell], "a cell's exact sum");
  }
  check(sums.sum(0, kCells) == all.value(), "the sum of all cells");
  check(sums.sum(0, kCells, 2) == without_two.value(), "the sum without one cell");

  std::vector<uint64_t> same(kCells);
  for (uint64_t cell = 0; cell < kCells; ++cell) same[cell] = cell;
  WindowSums merged = right;
  merged.merge(left, same);
  check(bytes_of(merged) == bytes_of(sums), "merged state has the same bytes");
  WindowSums one;
  one.resize(1);
  one.merge(sums, std::vector<uint64_t>(kCells, 0));
  check(one.exact_sum(0, 1) == all, "all cells merged to one");

  const std::vector<uint8_t> bytes = bytes_of(sums);
  StateReader reader(view_of(bytes));
  WindowSums again;
  again.read(reader);
  reader.expect_end();
  check(bytes_of(again) == bytes, "bytes there and back");
  check(again.sum(3, 1) == expected[3].value(), "sums there and back");
}

void test_window_sums_carry() {
  // Far more than 2^31 units of a limb: carries must have gone up, down to the sign.
  WindowSums sums;
  sums.resize(2);
  std::vector<uint64_t> twice{0, 1};
  sums.add(0, 4294967295.0);
  sums.add(1, -4294967295.0);
  for (int i = 0; i < 80; ++i) sums.merge(WindowSums(sums), twice);
  const double expected = std::ldexp(4294967295.0, 80);
  check(sums.sum(0, 1) == expected, "doubled eighty times");
  check(sums.sum(1, 1) == -expected, "negative doubled eighty times");
  check(sums.sum(0, 2) == 0, "both cancel");
}

void test_value_runs(size_t count, size_t distinct) {
  std::mt19937_64 random(count + distinct);
  std::vector<double> values = wild_values(random, count, 40);
  for (size_t i = distinct; i < count; ++i) values[i] = values[random() % distinct];
  if (count > 4) values[0] = kInfinity, values[1] = -kInfinity, values[2] = -0.0, values[3] = 0.0;
  std::shuffle(values.begin(), values.end(), random);

  ValueRuns runs, first, second;
  runs.add(values.data(), values.size());
  const size_t cut = count / 3;
  first.add(values.data(), cut);
  second.add(values.data() + cut, count - cut);
  std::sort(values.begin(), values.end());
  const double expected = (values[(count - 1) / 2] + values[count / 2]) / 2;
  check(runs.total() == count, "total");
  check(runs.median() == expected, "median");
  std::map<double, uint64_t> counts;
  for (const double value : values) ++counts[value];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  check(runs.most_frequent() == most->first, "most frequent");
  const std::vector<uint8_t> bytes = bytes_of(runs);
  for (const bool swapped : {false, true}) {
    ValueRuns merged = swapped ? second : first;
    merged.merge(swapped ? first : second);
    check(bytes_of(merged) == bytes, "merged state has the same bytes");
    check(merged.median() == expected, "median of merged states");
  }
  StateReader reader(view_of(bytes));
  ValueRuns again;
  again.read(reader);
  reader.expect_end();
  check(again.median() == expected && bytes_of(again) == bytes, "bytes there and back");
  again.add_repeated(0.5, 3 * count);
  check(again.median() == 0.5 && again.total() == 4 * count, "repeated values count");
}

Tile tile_of(std::vector<BytesView>& values, uint64_t* validity) {
  return Tile{ValueType::kBytes, static_cast<uint32_t>(values.size()), values.data(), validity,
              nullptr};
}

void test_key_index() {
  std::mt19937_64 random(3);
  KeyIndex keys, other;
  std::map<std::string, uint32_t> numbers;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> texts;
    for (uint32_t row = 0; row < kTileRows; ++row) {
      texts.push_back(std::string(random() % 40, static_cast<char>('a' + random() % 3)) +
                      std::to_string(random() % 50));
    }
    std::vector<BytesView> views;
    uint64_t validity[kValidityWords] = {};
    for (uint32_t row = 0; row < kTileRows; ++row) {
      const bool valid = row % 9 != 0;
      if (valid) validity[row / 64] |= uint64_t{1} << (row % 64);
      views.push_back(
          {reinterpret_cast<const uint8_t*>(texts[row].data()), valid ? texts[row].size() : 0});
    }
    uint32_t got[kTileRows];
    keys.number_rows(tile_of(views, validity), got);
    for (uint32_t row = 0; row < kTileRows; ++row) {
      if (row % 9 == 0) {
        check(got[row] == KeyIndex::kMissing, "a missing row has no number");
        continue;
      }
      const auto [known, added] = numbers.try_emplace(texts[row], got[row]);
      check(known->second == got[row], "equal keys have equal numbers");
      check(!added || got[row] + 1 == numbers.size(), "new keys count up");
      check(keys.bytes_key(got[row]) == texts[row], "a number's key");
    }
    if (round % 2 == 0) other.number_rows(tile_of(views, validity), got);
  }
  check(keys.size() == numbers.size(), "one number for each key");
  const std::vector<uint32_t> order = keys.ascending();
  check(
      std::is_sorted(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return keys.bytes_key(a) < keys.bytes_key(b); }),
      "ascending keys");
  StateWriter writer;
  keys.write(writer, order);
  const std::vector<uint8_t> bytes = writer.take();
  StateReader reader(view_of(bytes));
  KeyIndex again;
  again.read(reader);
  const std::vector<uint32_t> absorbed = again.absorb(other);
  check(again.size() == keys.size(), "nothing new in a part");
  for (uint32_t number = 0; number < other.size(); ++number) {
    check(again.bytes_key(absorbed[number]) == other.bytes_key(number), "absorbed keys");
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  for (const int spread : {0, 3, 20, 60, 300, 1020}) test_window_sums(spread);
  test_window_sums_carry();
  for (const size_t count : {5u, 6u, 1000u, 40001u}) test_value_runs(count, count);
  test_value_runs(50000, 12);
  test_value_runs(60000, 20000);
  test_value_runs(2500000, 1200000);
  test_key_index();
  return finish();
}

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
#include "fit/transforms/key_tallies.hpp"
#include "fit/transforms/value_runs.hpp"
#include "fit/transforms/window_sums.hpp"
#include "random.hpp"
#include "runtime/core/exact_sum.hpp"

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
  runs.add(values.data(), values.size(), UINT64_MAX);
  const size_t cut = count / 3;
  first.add(values.data(), cut, UINT64_MAX);
  second.add(values.data() + cut, count - cut, UINT64_MAX);
  std::sort(values.begin(), values.end());
  const double expected = (values[(count - 1) / 2] + values[count / 2]) / 2;
  check(runs.total() == count, "total");
  check(runs.median() == expected, "median");
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

/// The distance of a rank from those that the value has; 0: it has it.
uint64_t rank_distance(const std::vector<double>& sorted, double value, uint64_t rank) {
  const auto [first, end] = std::equal_range(sorted.begin(), sorted.end(), value);
  const auto low = static_cast<uint64_t>(first - sorted.begin());
  const auto high = static_cast<uint64_t>(end - sorted.begin());
  if (rank < low) return low - rank;
  return rank < high ? 0 : rank - high + 1;
}

/// Whether every value at a rank has a true rank within the error; exact at both ends.
void check_ranks(const ValueRuns& runs, const std::vector<double>& sorted) {
  const uint64_t last = sorted.size() - 1;
  check(runs.total() == sorted.size(), "total of a sketch");
  for (uint64_t i = 0; i <= 64; ++i) {
    // At whole ranks there is nothing between two values.
    const uint64_t rank = last * i / 64;
    const double level = static_cast<double>(rank) / static_cast<double>(last);
    if (static_cast<double>(last) * level != static_cast<double>(rank)) continue;
    const uint64_t distance = rank_distance(sorted, runs.quantile(level), rank);
    check(distance <= runs.rank_error(), "a rank within the error");
  }
  check(runs.quantile(0) == sorted.front() && runs.quantile(1) == sorted.back(), "both ends");
}

/// Beyond max_values: shards and blocks of any size, ranks, bytes.
void test_sketched_runs(std::vector<double> values, uint64_t max_values) {
  ValueRuns whole, in_blocks, merged;
  whole.add(values.data(), values.size(), max_values);
  std::mt19937_64 random(values.size());
  for (size_t at = 0; at < values.size();) {
    const size_t block = std::min<size_t>(random() % 3000, values.size() - at);
    in_blocks.add(values.data() + at, block, max_values);
    ValueRuns shard;
    shard.add(values.data() + at, block, max_values);
    merged.merge(shard);
    merged.limit(max_values);
    at += block;
  }
  check(whole.rank_error() > 0, "a sketch");
  const std::vector<uint8_t> bytes = bytes_of(whole);
  check(bytes_of(in_blocks) == bytes, "blocks do not matter");
  std::sort(values.begin(), values.end());
  check_ranks(whole, values);
  check_ranks(merged, values);
  // (log2(n / m) + 3) / (2 m), m the room of a level.
  const double room = 4096;
  const auto count = static_cast<double>(values.size());
  const double bound = count * (std::log2(count / room) + 3) / (2 * room);
  check(static_cast<double>(whole.rank_error()) <= bound, "the bound of the error");
  StateReader reader(view_of(bytes));
  ValueRuns again;
  again.read(reader);
  reader.expect_end();
  check(bytes_of(again) == bytes && again.median() == whole.median(), "a sketch there and back");
  again.add_repeated(values[0], 3 * values.size());
  check(again.median() == values[0] && again.total() == 4 * values.size(), "repeated values count");
}

void test_sketches() {
  constexpr size_t kCount = 150000;
  std::mt19937_64 random(11);
  std::vector<double> values(kCount);
  for (double& value : values) value = std::exp(static_cast<double>(random() % 100003) / 7000.0);
  test_sketched_runs(values, 5000);  // in no order
  std::sort(values.begin(), values.end());
  test_sketched_runs(values, 5000);  // ascending
  std::reverse(values.begin(), values.end());
  test_sketched_runs(values, 1);         // descending, any two
  for (size_t i = 0; i < kCount; ++i) {  // both ends in turns, one value in half of the rows
    values[i] = i % 2 == 0 ? 0 : (i % 4 == 1 ? 1.0 : -1.0) * static_cast<double>(kCount - i);
  }
  test_sketched_runs(values, 20000);  // half zeros, from the ends
  for (size_t i = 0; i < kCount; ++i) {
    values[i] = std::floor(1e6 / static_cast<double>(1 + random() % 1000000));
  }
  values[70000] = 1e300;
  test_sketched_runs(values, 500);  // few large ones
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

/// As many rows as are ever taken, all of one key, at either end of a byte.
void test_key_tallies_when_full(int8_t value) {
  KeyTallies tallies;
  const std::vector<uint32_t> numbers(kTileRows, 1);
  const std::vector<int8_t> target(kTileRows, value);
  uint64_t rows = 0;
  while (!tallies.is_full()) {
    tallies.add(numbers, 3, target.data(), rows);
    rows += numbers.size();
  }
  check(rows > 1'000'000, "it takes millions of rows");
  uint64_t visits = 0;
  tallies.for_each([&](uint64_t category, uint32_t fold, uint64_t count, int64_t sum) {
    ++visits;
    check(category == 2 && fold == 0, "the key's own cell");
    check(count == rows, "all rows");
    check(sum == static_cast<int64_t>(rows) * value, "the sum of all");
  });
  check(visits == 1, "no other cell");
  tallies.clear();
  check(tallies.empty() && !tallies.is_full(), "room again");
}

void test_small_targets() {
  check(small_target(std::vector<double>{-128, 127, -0.0}) == std::vector<int8_t>{-128, 127, 0},
        "integers in a byte");
  for (const double other : {-129.0, 128.0, 0.5, 1e300, -kInfinity, std::nan("")}) {
    check(small_target(std::vector<double>{1, other}).empty(), "not in a byte");
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
  test_sketches();
  test_key_index();
  for (const int8_t value : {-128, 127, 0}) test_key_tallies_when_full(value);
  test_small_targets();
  return finish();
}

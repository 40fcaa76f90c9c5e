// The tables that fitting counts in, against maps: keys' rows while they are few and when they are
// many, numbers with and without a hash, and the tables that lookups read.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "fit/plan/fold_gather.hpp"
#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/growing_table.hpp"
#include "fit/transforms/key_tallies.hpp"
#include "profile/number_counts.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {
namespace {

/// Some keys at first, then many more: rows of the first ones are counted in both ways.
void test_key_tallies(TallyFolds folds, bool with_target) {
  std::mt19937_64 random(folds.folds);
  KeyTallies tallies;
  tallies.set_folds(folds);
  std::map<std::pair<uint64_t, uint32_t>, std::pair<uint64_t, int64_t>> expected;
  uint64_t first_row = 0;
  for (const uint32_t num_keys : {0u, 1u, 10u, 900u, 1022u, 1023u, 1024u, 5000u}) {
    for (const uint32_t num_rows : {kTileRows, 5u}) {
      std::vector<uint32_t> numbers(num_rows);
      std::vector<int8_t> target(num_rows);
      for (uint32_t row = 0; row < num_rows; ++row) {
        const bool missing = num_keys == 0 || random() % 9 == 0;
        // Often the same one, row after row.
        const uint64_t number = random() % 3 == 0 ? 0 : random() % std::max(num_keys, 1u);
        numbers[row] = missing ? UINT32_MAX : static_cast<uint32_t>(number);
        target[row] = static_cast<int8_t>(random() % 256);
        const uint32_t fold =
            folds.folds == 1 ? 0 : fold_of(folds.seed, first_row + row, folds.folds);
        auto& [count, sum] = expected[{missing ? 0 : number + 1, fold}];
        ++count;
        sum += with_target ? target[row] : 0;
      }
      tallies.add(numbers, num_keys, with_target ? target.data() : nullptr, first_row);
      first_row += num_rows;
    }
  }
  size_t visits = 0;
  tallies.for_each([&](uint64_t category, uint32_t fold, uint64_t count, int64_t sum) {
    ++visits;
    const auto cell = expected.find({category, fold});
    if (!check(cell != expected.end(), "a cell with rows")) return;
    check(cell->second == std::pair(count, sum), "rows and the sum of a cell");
  });
  check(visits == expected.size(), "all cells");
  tallies.clear();
  tallies.for_each([&](uint64_t, uint32_t, uint64_t, int64_t) { check(false, "nothing is left"); });
}

void test_number_counts(const std::vector<double>& values) {
  NumberCounts counts;
  std::map<double, uint64_t> expected;
  check(counts.add(values.data(), values.size()) == values.size(), "all are counted");
  for (const double value : values) ++expected[value];
  check(counts.add_repeated(values[0], 5), "one of them again");
  expected[values[0]] += 5;
  check(counts.distinct() == expected.size(), "distinct numbers");
  check(counts.total() == values.size() + 5, "the total");
  const NumberRuns runs = counts.runs();
  size_t at = 0;
  for (const auto& [value, count] : expected) {
    check(runs.values[at] == value && runs.counts[at] == count, "ascending runs");
    ++at;
  }
  check(at == runs.values.size(), "no other run");
  std::map<double, uint64_t> visited;
  counts.for_each([&](double value, uint64_t count) { visited[value] += count; });
  check(visited == expected, "each number once");
}

void test_full_number_counts() {
  NumberCounts counts;
  for (uint32_t i = 0; i < NumberCounts::kMaxDistinct; ++i) {
    const double value = i % 2 == 0 ? i / 8 : -1.5 - i;  // whole ones come eight times
    check(counts.add(&value, 1) == 1, "room");
  }
  double next = -0.25;
  for (; counts.distinct() < NumberCounts::kMaxDistinct; next -= 1) counts.add(&next, 1);
  const uint64_t total = counts.total();
  for (const double value : {4095.0, 0.75, -1e9}) {
    check(counts.add(&value, 1) == 0 && !counts.add_repeated(value, 3), "no room for a new one");
  }
  for (const double value : {0.0, 8.0, -2.5}) check(counts.add(&value, 1) == 1, "known ones");
  check(counts.total() == total + 3 && counts.distinct() == NumberCounts::kMaxDistinct, "counted");
}

/// Tables of keys in any order have the bytes of those built from the keys.
void test_ordered_tables(const std::vector<std::string>& keys) {
  GrowingTable table;
  for (const std::string& key : keys) table.find_or_add(key);
  check(table.size() == keys.size(), "all keys are different");
  std::mt19937_64 random(keys.size());
  for (const size_t count : {keys.size(), keys.size() / 2, size_t{1}, size_t{0}}) {
    std::vector<uint32_t> order(keys.size());
    for (uint32_t number = 0; number < order.size(); ++number) order[number] = number;
    std::shuffle(order.begin(), order.end(), random);
    order.resize(count);
    std::vector<std::string_view> ordered;
    for (const uint32_t number : order) {
      ordered.push_back(keys[number]);
      std::string first(keys[number].substr(0, 8));
      first.resize(8);
      uint64_t word = 0;
      for (const char letter : first) word = word << 8 | static_cast<uint8_t>(letter);
      check(table.first_bytes(number) == word, "the first bytes of a key");
      check(table.key(number) == keys[number], "a key by its number");
    }
    const Payload built = table.ordered(order);
    check(std::vector<uint8_t>(built.begin(), built.end()) == build_lookup_table(ordered),
          "the same table");
  }
}

std::vector<std::string> keys_of(uint32_t count, uint32_t shortest, uint32_t longest) {
  std::mt19937_64 random(count + longest);
  std::map<std::string, bool> seen;
  std::vector<std::string> keys;
  while (keys.size() < count) {
    std::string key(shortest + random() % (longest - shortest + 1), ' ');
    for (char& letter : key) letter = static_cast<char>('\x7b' + random() % 200);
    if (seen.emplace(key, true).second) keys.push_back(key);
  }
  return keys;
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  for (const bool with_target : {false, true}) {
    test_key_tallies({}, with_target);
    test_key_tallies({5, 3}, with_target);
  }
  std::vector<double> values{0.0, 4095.0, 4096.0, 4095.5, -1.0, 0.5, 1e300};
  for (uint32_t i = 0; i < 9000; ++i) values.push_back(i * 7 % 6000);
  for (uint32_t i = 0; i < 9000; ++i) values.push_back(i * 7 % 6000 / 4.0 - 300);
  test_number_counts(values);
  test_number_counts({3.0});
  test_full_number_counts();
  test_ordered_tables(keys_of(3000, 3, 8));
  test_ordered_tables(keys_of(3000, 3, 40));
  std::vector<std::string> mostly_short = keys_of(700, 3, 8);
  mostly_short.push_back(std::string(35, 'x'));
  mostly_short.push_back(std::string("nul\0", 4));
  mostly_short.push_back("");
  test_ordered_tables(mostly_short);
  return finish();
}

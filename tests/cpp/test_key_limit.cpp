// More keys than may be kept, in shards that are merged in any grouping: no count is further from
// the true one than the error says, and the error never exceeds its bound.
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {
namespace {

/// What a state does: keys, the rows of each, and a cut where there are too many.
struct Counted {
  KeyIndex keys;
  std::vector<uint64_t> counts;

  void add(const std::vector<int64_t>& values) {
    std::vector<int64_t> copy = values;
    uint64_t validity[kValidityWords];
    for (uint64_t& word : validity) word = ~uint64_t{0};
    const Tile tile{ValueType::kI64, static_cast<uint32_t>(copy.size()), copy.data(), validity,
                    nullptr};
    uint32_t numbers[kTileRows];
    keys.number_rows(tile, numbers);
    counts.resize(keys.size());
    for (size_t row = 0; row < copy.size(); ++row) ++counts[numbers[row]];
  }
  void merge(const Counted& other) {
    const std::vector<uint32_t> numbers = keys.absorb(other.keys);
    counts.resize(keys.size());
    for (size_t i = 0; i < numbers.size(); ++i) counts[numbers[i]] += other.counts[i];
  }
  void limit(uint64_t max_keys) {
    if (keys.size() <= max_keys) return;
    uint64_t taken = 0;
    const std::vector<uint32_t> kept = keys.heaviest(max_keys, counts, &taken);
    keys = keys.cut(kept, taken);
    counts = kept_of(counts, kept);
  }
  /// Rows of each key that may have gone by before it came, as the state's bytes have them.
  std::vector<uint64_t> gone_by() const {
    std::vector<uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    StateWriter writer;
    keys.write(writer, order);
    const std::vector<uint8_t> bytes = writer.take();
    StateReader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    (void)reader.get<uint8_t>();
    (void)reader.get_all<uint64_t>();
    std::vector<uint64_t> rows(keys.size());
    if (reader.get<uint64_t>() == 0) return rows;
    for (uint64_t& count : rows) count = reader.get<uint64_t>();
    return rows;
  }
};

void test_limit(uint64_t seed, uint64_t max_keys, size_t num_shards, int64_t num_values) {
  std::mt19937_64 random(seed);
  std::map<int64_t, uint64_t> truth;
  uint64_t num_rows = 0;
  std::vector<Counted> shards(num_shards);
  for (int tile = 0; tile < 60; ++tile) {
    std::vector<int64_t> values(1 + random() % kTileRows);
    for (int64_t& value : values) {
      // A few values again and again, others now and then.
      value = static_cast<int64_t>(
          random() % 2 == 0 ? random() % 7 : random() % static_cast<uint64_t>(num_values));
      ++truth[value];
    }
    num_rows += values.size();
    Counted& shard = shards[random() % num_shards];
    shard.add(values);
    shard.limit(max_keys);
  }
  while (shards.size() > 1) {
    const size_t from = random() % shards.size();
    Counted other = std::move(shards[from]);
    shards.erase(shards.begin() + static_cast<std::ptrdiff_t>(from));
    Counted& into = shards[random() % shards.size()];
    into.merge(other);
    into.limit(max_keys);
  }
  const Counted& all = shards[0];
  const uint64_t error = all.keys.error();
  check(all.keys.size() <= max_keys, "no more keys than may be kept");
  check(error * max_keys <= 2 * num_rows, "the bound of the error");
  check((error == 0) == (truth.size() <= max_keys), "exact while there is room");
  if (error == 0) check(all.keys.size() == truth.size(), "every key");
  const std::vector<uint64_t> gone_by = all.gone_by();
  for (uint32_t number = 0; number < all.keys.size(); ++number) {
    const auto known = truth.find(all.keys.integer_key(number));
    check(known != truth.end(), "keys are those that came");
    check(all.counts[number] <= known->second, "never too many");
    check(known->second - all.counts[number] <= error, "too few by no more than the error");
    check(known->second - all.counts[number] <= gone_by[number], "nor than its own");
    check(gone_by[number] <= error, "which is no more than that of all");
    truth.erase(known);
  }
  for (const auto& [value, count] : truth) check(count <= error, "what is lost was rare");
}

/// Keys that were heavy once pay for each cut that they survive: else others, as heavy, would go
/// again and again, and the error would leave its bound.
void test_debts() {
  constexpr uint64_t kMaxKeys = 100;
  Counted counted;
  uint64_t num_rows = 0;
  const auto add = [&](int64_t value, size_t count) {
    counted.add(std::vector<int64_t>(count, value));
    counted.limit(kMaxKeys);
    num_rows += count;
  };
  for (int64_t old = 0; old < 50; ++old) add(old, 100);
  for (int64_t round = 0; round < 100; ++round) {
    add(1000 + round, 100);
    for (int64_t single = 0; single < 50; ++single) add(100000 + 50 * round + single, 1);
  }
  check(counted.keys.error() * kMaxKeys <= 2 * num_rows, "the bound of the error");
}

/// A key that was there from the first row, in both, lacks nothing when they are merged.
void test_merged_errors() {
  Counted both[2];
  for (Counted& each : both) {
    each.add({7});
    for (int64_t tile = 0; tile < 20; ++tile) {
      std::vector<int64_t> values(200, 7);
      for (int64_t single = 0; single < 200; ++single) values.push_back(1000 + 200 * tile + single);
      each.add(values);
      each.limit(100);
    }
  }
  const uint64_t error = both[0].keys.error();
  both[0].merge(both[1]);
  check(error > 0 && both[0].keys.error() == error + both[1].keys.error(), "errors add up");
  check(both[0].keys.integer_key(0) == 7 && both[0].counts[0] == 2 * 4001, "all of its rows");
  check(both[0].gone_by()[0] == 0, "nothing has gone by");

  Counted late;  // 200 is let go, and comes again
  std::vector<int64_t> values;
  for (int64_t value = 0; value < 201; ++value)
    values.insert(values.end(), value < 60 ? 2 : 1, value);
  late.add(values);
  late.limit(100);
  late.add({200});
  const uint64_t before = late.keys.error();
  Counted exact;
  exact.add({200});
  late.merge(exact);
  check(before > 0 && late.counts.back() == 2, "one of three rows has gone by");
  check(late.gone_by().back() == before, "and may have, whatever it is merged with");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    for (const uint64_t max_keys : {1u, 2u, 3u, 10u, 100u, 1000u, 5000u}) {
      test_limit(seed, max_keys, 1 + seed % 5, seed % 2 == 0 ? 300 : 20000);
    }
  }
  test_debts();
  test_merged_errors();
  return finish();
}

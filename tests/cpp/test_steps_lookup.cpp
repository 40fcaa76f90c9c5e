// The lookup table against std::unordered_map, on keys of every length and on numbers; and a
// changed table is refused or harmless (build with -fsanitize=address,undefined to be sure).
#include <algorithm>
#include <functional>
#include <random>
#include <unordered_map>

#include "check.hpp"
#include "host/error.hpp"
#include "runtime/core/short_keys.hpp"
#include "step_plans.hpp"

namespace mainspring {
namespace {

/// One step that looks up `key_type` keys in `table`, with its own scratch.
class LookupPlan {
 public:
  LookupPlan(std::vector<uint8_t> table, ValueType key_type, uint64_t num_entries)
      : slots_{key_type, ValueType::kI32},
        data_((table.size() + 63) / 64 * 64 + 64),
        scratch_(2 * kSlotBytes + 64) {
    std::copy(table.begin(), table.end(), aligned(data_));
    record_ = lookup_record(0, 1, 0, table.size(), num_entries);
    plan_.slots = slots_;
    plan_.num_slots = 2;
    plan_.data = aligned(data_);
    plan_.data_length = table.size();
  }

  void use(IsaLevel level) { kernels_ = kernels_for(level); }
  bool sound() const { return find_step(record_.code)->verify(record_, plan_).ok(); }

  template <class T>
  std::vector<int32_t> find(const std::vector<T>& keys, const std::vector<bool>& valid) {
    StepContext context{};
    context.kernels = kernels_;
    context.num_rows = static_cast<uint32_t>(keys.size());
    context.scratch = aligned(scratch_);
    context.slots = slots_;
    context.data = plan_.data;
    const Tile in = context.input(record_, 0);
    std::memset(in.validity, 0, kSlotValidityBytes);
    for (size_t row = 0; row < keys.size(); ++row) {
      values_of<T>(in)[row] = keys[row];
      if (valid[row]) in.validity[row >> 6] |= uint64_t{1} << (row & 63);
    }
    find_step(record_.code)->run(record_, context);
    const Tile out = context.output(record_, 0);
    return {values_of<int32_t>(out), values_of<int32_t>(out) + keys.size()};
  }

 private:
  static uint8_t* aligned(std::vector<uint8_t>& bytes) {
    return reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(bytes.data()) + 63) / 64 * 64);
  }
  ValueType slots_[2];
  std::vector<uint8_t> data_, scratch_;
  StepRecord record_{};
  PlanView plan_{};
  const Kernels* kernels_ = kernels_baseline();
};

std::vector<std::string> random_keys(uint32_t count, uint32_t max_length, std::mt19937_64& random) {
  std::unordered_map<std::string, bool> seen;
  std::vector<std::string> keys;
  while (keys.size() < count) {
    std::string key(random() % (max_length + 1), '\0');
    for (char& letter : key) letter = static_cast<char>(random() % 4);  // zero bytes too
    if (seen.emplace(key, true).second) keys.push_back(key);
  }
  return keys;
}

/// Keys of up to max_length bytes; `asked` ones are a little longer.
void text_is_found_as_a_map_finds_it(uint32_t max_length, bool zero_bytes) {
  std::mt19937_64 random(1);
  for (const uint32_t count : {0u, 1u, 2u, 3u, 8u, 100u, 5000u}) {
    std::vector<std::string> keys = random_keys(count, max_length, random);
    if (!zero_bytes) {
      for (std::string& key : keys) std::replace(key.begin(), key.end(), '\0', '\xfe');
    }
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    std::unordered_map<std::string, int32_t> ids;
    for (size_t i = 0; i < keys.size(); ++i) ids[keys[i]] = static_cast<int32_t>(i + 2);
    const std::vector<uint8_t> table = build_lookup_table(views);
    const uint32_t layout = reinterpret_cast<const LookupHeader*>(table.data())->layout;
    check(max_length > 8 || zero_bytes || layout == 1, "short keys have their own layout");
    check(count < 100 || (max_length <= 8 && !zero_bytes) || layout == 0, "others have not");
    LookupPlan plan(table, ValueType::kBytes, count);
    check(plan.sound(), "a built table is sound");
    for (uint32_t round = 0; round < 60; ++round) {
      std::vector<std::string> asked =
          random_keys(1 + random() % kTileRows, max_length + 2, random);
      std::vector<BytesView> rows;
      std::vector<bool> valid;
      for (std::string& key : asked) {
        if (count != 0 && random() % 2 == 0) key = keys[random() % count];
        // Next to a key: all but one byte are the same.
        if (!key.empty() && random() % 4 == 0) key[random() % key.size()] ^= 1;
        // Memory of exactly this length, so that a sanitizer sees any read outside it.
        key.shrink_to_fit();
        rows.push_back({reinterpret_cast<const uint8_t*>(key.data()), key.size()});
        valid.push_back(random() % 8 != 0);
      }
      plan.use(static_cast<IsaLevel>(round % 3));
      const std::vector<int32_t> found = plan.find(rows, valid);
      for (size_t row = 0; row < rows.size(); ++row) {
        const auto known = ids.find(asked[row]);
        const int32_t expected = !valid[row] ? 0 : known == ids.end() ? 1 : known->second;
        if (!check(found[row] == expected, "the id is the map's")) return;
      }
    }
  }
}

void numbers_are_found_as_a_map_finds_them() {
  std::mt19937_64 random(2);
  std::vector<int64_t> integers{INT64_MAX, -1, 0};
  for (int64_t i = 0; i < 1000; ++i) integers.push_back((i + 1) * 977);
  LookupPlan plan(build_lookup_table(integers), ValueType::kI64, integers.size());
  check(plan.sound(), "a built table is sound");
  std::vector<double> doubles{-0.0, std::numeric_limits<double>::infinity(), 0.5, 1e-310};
  LookupPlan wide(build_lookup_table(doubles), ValueType::kF64, doubles.size());
  check(wide.sound(), "a built table is sound");
  check(wide.find<double>({0.0, -0.0, 0.5, 1e-310, 7.0, std::nan("")},
                          {true, true, true, true, true, false}) ==
            std::vector<int32_t>{2, 2, 4, 5, 1, 0},
        "zero has one key, missing is 0, unseen 1");
  for (uint32_t round = 0; round < 20; ++round) {
    std::vector<int64_t> rows(random() % kTileRows);
    for (int64_t& row : rows) row = integers[random() % integers.size()] - (random() % 3 == 0);
    const std::vector<int32_t> found = plan.find(rows, std::vector<bool>(rows.size(), true));
    for (size_t row = 0; row < rows.size(); ++row) {
      const auto at = std::find(integers.begin(), integers.end(), rows[row]);
      const auto expected =
          at == integers.end() ? 1 : static_cast<int32_t>(at - integers.begin()) + 2;
      if (!check(found[row] == expected, "the id is the position")) return;
    }
  }
}

void keys_that_are_there_twice_are_refused() {
  const auto refused = [](const auto& keys) {
    try {
      build_lookup_table(keys);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kParameter;
    }
    return false;
  };
  const std::string long_key(50, 'x');
  check(refused(std::vector<std::string_view>{"a", "b", "a"}), "a short key twice");
  check(refused(std::vector<std::string_view>{long_key, "b", long_key}), "a long key twice");
  check(refused(std::vector<int64_t>{1, 2, 1}), "an integer twice");
  check(refused(std::vector<double>{0.0, -0.0}), "zero twice");
  check(refused(std::vector<double>{std::nan("")}), "NaN");
}

void tables_that_could_be_left_are_refused() {
  const std::string long_key(40, 'x');
  const std::vector<std::string_view> keys{"a", long_key, "c"};
  const std::vector<uint8_t> table = build_lookup_table(keys);
  struct Parts {
    LookupHeader* header;
    BytesEntry* entries;
    uint32_t* cells;
    uint32_t* full_cell() const {
      uint32_t* cell = cells;
      while (*cell == 0) ++cell;
      return cell;
    }
    uint32_t* empty_cell() const {
      uint32_t* cell = cells;
      while (*cell != 0) ++cell;
      return cell;
    }
  };
  const auto accepts = [&](const std::function<void(const Parts&)>& change) {
    std::vector<uint8_t> changed = table;
    auto* header = reinterpret_cast<LookupHeader*>(changed.data());
    auto* entries = reinterpret_cast<BytesEntry*>(header + 1);
    change({header, entries, reinterpret_cast<uint32_t*>(entries + keys.size())});
    return LookupPlan(changed, ValueType::kBytes, header->num_entries).sound();
  };
  check(accepts([](const Parts&) {}), "the table itself is accepted");
  const std::vector<std::function<void(const Parts&)>> changes{
      [](const Parts& p) { p.header->key_type = static_cast<uint32_t>(ValueType::kI64); },
      [](const Parts& p) { p.header->num_cells = 7; },
      [](const Parts& p) { p.header->num_cells = 0; },
      [](const Parts& p) { p.header->num_cells = 4; },
      [](const Parts& p) { p.header->num_cells = 64; },
      [](const Parts& p) { p.header->num_cells = uint64_t{1} << 63; },
      [](const Parts& p) { p.header->num_entries = 8; },
      [](const Parts& p) { p.header->num_entries = 2; },
      [](const Parts& p) { p.header->num_entries = 4; },
      [](const Parts& p) { p.header->arena_length = 39; },
      [](const Parts& p) { p.header->arena_length = 48; },
      [](const Parts& p) { p.header->arena_length = ~uint64_t{0}; },
      [](const Parts& p) { p.header->reserved[2] = 1; },
      [](const Parts& p) { p.header->factor += 1; },
      [](const Parts& p) { p.header->num_cells = 1; },
      [](const Parts& p) { p.header->reserved0 = 1; },
      [](const Parts& p) { p.header->layout = 1; },
      [](const Parts& p) { p.header->layout = 2; },
      [](const Parts& p) { p.entries[1].words[2] = 1; },
      [](const Parts& p) { p.entries[1].words[2] = ~uint64_t{0}; },
      [](const Parts& p) { p.entries[1].words[3] = 1; },
      [](const Parts& p) { p.entries[1].words[0] += uint64_t{1} << 32; },
      [](const Parts& p) { p.entries[1].words[0] &= 0xffffffff; },
      [](const Parts& p) { p.entries[1].words[0] |= 0x100; },
      [](const Parts& p) { p.entries[1].words[0] -= 200; },
      [](const Parts& p) { p.entries[0].words[0] += 31; },
      [](const Parts& p) { p.entries[0].words[0] &= ~uint64_t{0xff}; },
      [](const Parts& p) { *p.empty_cell() = 1; },
      [](const Parts& p) { *p.full_cell() = 0; },
      [](const Parts& p) { *p.full_cell() &= ~uint32_t{3}; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    if (!check(!accepts(changes[i]), "a changed table is refused")) {
      std::fprintf(stderr, "  change %zu\n", i);
    }
  }
  const std::vector<int64_t> integers{5, 6, 7, 8, 9};
  for (uint32_t change = 0; change < 4; ++change) {
    std::vector<uint8_t> changed = build_lookup_table(integers);
    auto* header = reinterpret_cast<LookupHeader*>(changed.data());
    auto* cell = reinterpret_cast<uint32_t*>(changed.data() + sizeof(LookupHeader) + 5 * 8);
    while (*cell == 0) ++cell;
    if (change == 0) *cell |= 7;
    if (change == 1) header->arena_length = 1;
    if (change == 2) *cell = 0;
    if (change == 3) changed.resize(changed.size() + 8);
    check(!LookupPlan(changed, ValueType::kI64, 5).sound(), "a changed table is refused");
  }
}

void slots_that_could_be_left_are_refused() {
  const std::vector<std::string_view> keys{"a", "", "abcdefgh"};
  const std::vector<uint8_t> table = build_lookup_table(keys);
  const auto accepts = [&](const std::function<void(LookupHeader&, ShortSlot*)>& change) {
    std::vector<uint8_t> changed = table;
    auto& header = *reinterpret_cast<LookupHeader*>(changed.data());
    auto* slots = reinterpret_cast<ShortSlot*>(&header + 1);
    // The first slot is full, the one behind it empty.
    std::sort(slots, slots + header.num_cells,
              [](const ShortSlot& a, const ShortSlot& b) { return a.number > b.number; });
    change(header, slots);
    return LookupPlan(changed, ValueType::kBytes, header.num_entries).sound();
  };
  check(accepts([](LookupHeader&, ShortSlot*) {}), "any order is accepted");
  const std::vector<std::function<void(LookupHeader&, ShortSlot*)>> changes{
      [](LookupHeader& header, ShortSlot*) { header.num_cells = 4; },
      [](LookupHeader& header, ShortSlot*) { header.num_cells = 16; },
      [](LookupHeader& header, ShortSlot*) { header.num_cells = 1; },
      [](LookupHeader& header, ShortSlot*) { header.num_cells = uint64_t{1} << 60; },
      [](LookupHeader& header, ShortSlot*) { header.num_entries = 2; },
      [](LookupHeader& header, ShortSlot*) { header.num_entries = 4; },
      [](LookupHeader& header, ShortSlot*) { header.arena_length = 8; },
      [](LookupHeader& header, ShortSlot*) { header.layout = 0; },
      [](LookupHeader&, ShortSlot* slots) { slots[0].number = 4; },
      [](LookupHeader&, ShortSlot* slots) { slots[0].number = 0; },
      [](LookupHeader&, ShortSlot* slots) { slots[3].number = 1; },
      [](LookupHeader&, ShortSlot* slots) { slots[3].reserved = 1; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    if (!check(!accepts(changes[i]), "a changed table of slots is refused")) {
      std::fprintf(stderr, "  change %zu\n", i);
    }
  }
}

void changed_tables_are_refused_or_harmless(uint32_t max_length) {
  std::mt19937_64 random(3);
  std::vector<std::string> keys = random_keys(60, max_length, random);
  for (std::string& key : keys) std::replace(key.begin(), key.end(), '\0', '\xfe');
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  const std::vector<uint8_t> table = build_lookup_table(views);
  std::vector<BytesView> rows;
  for (const std::string& key : keys) {
    rows.push_back({reinterpret_cast<const uint8_t*>(key.data()), key.size()});
  }
  uint32_t num_refused = 0;
  for (uint32_t round = 0; round < 20000; ++round) {
    std::vector<uint8_t> changed = table;
    // Half of the changes in the header, where the sizes are.
    const uint64_t at = random() % (round % 2 == 0 ? 24 : changed.size());
    changed[at] = static_cast<uint8_t>(random());
    if (round % 7 == 0) changed.resize(random() % (changed.size() + 64));
    LookupPlan plan(changed, ValueType::kBytes, keys.size());
    if (!plan.sound()) {
      ++num_refused;
      continue;
    }
    for (const int32_t id : plan.find(rows, std::vector<bool>(rows.size(), true))) {
      check(id >= 1 && id < static_cast<int32_t>(keys.size()) + 2, "ids stay in their range");
    }
  }
  check(num_refused > 5000 && num_refused < 20000, "some changes are refused, not all");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::text_is_found_as_a_map_finds_it(200, true);
  mainspring::text_is_found_as_a_map_finds_it(60, true);
  mainspring::text_is_found_as_a_map_finds_it(9, true);
  mainspring::text_is_found_as_a_map_finds_it(8, false);
  mainspring::slots_that_could_be_left_are_refused();
  mainspring::numbers_are_found_as_a_map_finds_them();
  mainspring::keys_that_are_there_twice_are_refused();
  mainspring::tables_that_could_be_left_are_refused();
  mainspring::changed_tables_are_refused_or_harmless(40);
  mainspring::changed_tables_are_refused_or_harmless(8);
  return mainspring::finish();
}

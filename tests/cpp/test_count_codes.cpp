// Codes of dictionaries: counts of every instruction set, whatever type codes have, wherever they
// begin and however many they are, are those of a loop.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "profile/count_codes.hpp"
#include "profile/dictionary_index.hpp"
#include "random.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {
namespace {

struct Level {
  std::string name;
  CountCodes count;
};

std::vector<Level> levels() {
  std::vector<Level> found;
  if (detect_isa() >= IsaLevel::kAvx2) found.push_back({"avx2", count_codes_avx2()});
  if (detect_isa() >= IsaLevel::kAvx512) found.push_back({"avx512", count_codes_avx512()});
  std::erase_if(found, [](const Level& level) { return level.count == nullptr; });
  return found;
}

// One in three is any of them, the others are few, and sometimes the last.
template <class Index>
std::vector<Index> drawn_codes(Random& random, uint64_t rows, uint64_t entries) {
  std::vector<Index> codes(rows);
  for (Index& code : codes) {
    const uint64_t drawn = one_in(random, 3)    ? below(random, entries)
                           : one_in(random, 20) ? entries - 1
                                                : below(random, std::min<uint64_t>(entries, 3));
    code = static_cast<Index>(drawn);
  }
  return codes;
}

template <class Index>
std::vector<uint64_t> counts_by_a_loop(const Index* codes, uint64_t rows, uint64_t entries) {
  std::vector<uint64_t> times(entries, 0);
  for (uint64_t row = 0; row < rows; ++row) ++times[static_cast<uint64_t>(codes[row])];
  return times;
}

template <class Index>
void test_levels(uint64_t entries, uint64_t seed) {
  Random random(seed);
  for (const Level& level : levels()) {
    for (const uint64_t blocks : {1u, 2u, 3u, 7u, 33u}) {
      const uint64_t rows = blocks * kCodeBlock, first = below(random, 9);
      // A piece of memory that ends with the last code, so that a read beyond it is seen.
      const std::vector<Index> codes = drawn_codes<Index>(random, first + rows, entries);
      std::vector<uint64_t> times(entries + 1, 5),
          wanted = counts_by_a_loop(codes.data() + first, rows, entries);
      for (uint64_t& count : wanted) count += 5;
      wanted.push_back(5);
      level.count(codes.data() + first, sizeof(Index), rows, static_cast<uint32_t>(entries),
                  times.data());
      check(times == wanted, level.name + ": " + std::to_string(entries) + " entries, " +
                                 std::to_string(rows) + " codes of " +
                                 std::to_string(sizeof(Index)) + " bytes");
    }
  }
}

/// Of any length, by whatever way this CPU takes: added to what was there.
template <class Index>
void test_indices(uint64_t entries, uint64_t seed) {
  Random random(seed);
  const uint64_t lengths[] = {
      0, 1, 100, kManyCodes - 1, kManyCodes, kManyCodes + 1, kManyCodes + below(random, 30'000)};
  for (const uint64_t rows : lengths) {
    const uint64_t first = below(random, 9);
    const std::vector<Index> codes = drawn_codes<Index>(random, first + rows, entries);
    std::vector<uint64_t> times(entries, 0);
    count_indices(codes.data() + first, rows, &times);
    count_indices(codes.data() + first, rows, &times);
    std::vector<uint64_t> wanted = counts_by_a_loop(codes.data() + first, rows, entries);
    for (uint64_t& count : wanted) count *= 2;
    check(times == wanted, std::to_string(entries) + " entries, " + std::to_string(rows) +
                               " indices of " + std::to_string(sizeof(Index)) + " bytes");
  }
}

template <class Index>
void test_type() {
  for (const uint64_t entries : {1u, 2u, 20u, 31u, 32u, 33u, 64u, 65u, 96u, 97u, 127u, 128u}) {
    if (entries > uint64_t{INT8_MAX} + 1 && sizeof(Index) == 1) continue;
    test_levels<Index>(entries, entries);
  }
  for (const uint64_t entries : {1u, 20u, 96u, 97u, 127u}) test_indices<Index>(entries, entries);
}

// Sums of rounds are carried as far as the planes go that a run of this length needs.
void test_one_code_alone() {
  for (const Level& level : levels()) {
    const uint64_t rows = 3000 * uint64_t{kCodeBlock};
    const std::vector<uint8_t> codes(rows, 31);
    std::vector<uint64_t> times(32, 0), wanted(32, 0);
    wanted[31] = rows;
    level.count(codes.data(), 1, rows, 32, times.data());
    check(times == wanted, level.name + ": one code alone");
  }
}

void test_tables_take_the_rest() {
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    check(count_codes_of(level, kMostCodeEntries + 1) == nullptr, "many entries take a table");
  }
  check(count_codes_of(IsaLevel::kBaseline, 2) == nullptr, "as do all without wide lanes");
  check(count_codes_of(IsaLevel::kAvx512, 20) == count_codes_avx512(), "few take none");
  Random random(7);
  const std::vector<uint16_t> codes = drawn_codes<uint16_t>(random, 20'000, 500);
  std::vector<uint64_t> times(500, 0);
  count_indices(codes.data(), codes.size(), &times);
  check(times == counts_by_a_loop(codes.data(), codes.size(), 500), "500 entries");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_type<int8_t>();
  mainspring::test_type<int16_t>();
  mainspring::test_type<int32_t>();
  mainspring::test_type<int64_t>();
  mainspring::test_type<uint8_t>();
  mainspring::test_type<uint16_t>();
  mainspring::test_type<uint32_t>();
  mainspring::test_type<uint64_t>();
  mainspring::test_one_code_alone();
  mainspring::test_tables_take_the_rest();
  return mainspring::finish();
}

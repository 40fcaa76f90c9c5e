// Strings counted through a few lines of a cache, straight from their offsets: the counts are those
// of a map, for strings that fall upon the same line, of every length, and where nothing may be
// read behind the last one.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "profile/string_lines.hpp"
#include "random.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {
namespace {

/// Strings one after another, in memory that ends with the last of them.
template <class Offset>
struct Strings {
  std::vector<Offset> offsets{0};
  std::unique_ptr<uint8_t[]> bytes;
  ColumnView view{};

  Strings(const std::vector<std::string>& rows, uint64_t offset) {
    std::string all;
    for (const std::string& row : rows) {
      all += row;
      offsets.push_back(static_cast<Offset>(all.size()));
    }
    bytes.reset(new uint8_t[all.size()]);
    copy_bytes(bytes.get(), reinterpret_cast<const uint8_t*>(all.data()), all.size());
    view.type = sizeof(Offset) == 4 ? ColumnType::kUtf8 : ColumnType::kLargeUtf8;
    view.values = offsets.data();
    view.bytes = all.empty() ? nullptr : bytes.get();
    view.offset = offset;
    view.length = rows.size() - offset;
  }
};

/// One length, and the same beginning but for a few.
std::string text_with_an_end(uint64_t length, uint64_t rank) {
  std::string text(length, 'b');
  for (uint64_t i = 0; i < 4; ++i)
    text[length - 1 - i] = static_cast<char>('0' + (rank >> (4 * i)) % 16);
  if (rank % 997 == 500) text[(rank / 997) % length] = 'x';
  return text;
}

/// A string of a kind, the same for the same rank.
std::string text_of(uint64_t kind, uint64_t rank) {
  switch (kind) {
    case 0: return "category_" + std::to_string(rank);
    case 1: return std::string("abcdefghijklmnopqrstuvwxyz0123456789", rank % 37);
    case 2: return std::string(rank % 36, '\0');
    case 3: {  // differ in one byte, anywhere, or in which half it is
      std::string text(32, '\0');
      text[rank % 32] = static_cast<char>(1 + rank / 32 % 3);
      return text;
    }
    case 4: {  // bytes that cancel each other out where words are only combined
      std::string text(16 + rank % 17, static_cast<char>('a' + rank % 3));
      if (text.size() >= 24) std::swap(text[0], text[16]);
      return text;
    }
    case 5: return text_with_an_end(8, rank);
    case 6: return text_with_an_end(9 + rank / 4096 % 2, rank);
    case 7: return text_with_an_end(17, rank);
    case 8: return text_with_an_end(24, rank);
    case 9: return text_with_an_end(25, rank);
    case 10: return text_with_an_end(77, rank);
    case 11: return text_with_an_end(256, rank);
    case 12: return text_with_an_end(33, rank);
    case 13: {  // words that stand where no string is, too
      std::string text(8, '\0');
      text[0] = static_cast<char>(rank % 5);
      text[7] = static_cast<char>(rank / 5 % 7);
      return text;
    }
    default: return std::string(rank % 3 == 0 ? 100 : 1, static_cast<char>('a' + rank % 26));
  }
}

uint64_t drawn_rank(Random& random) {
  // Few are frequent, some are met now and then, and many once.
  switch (below(random, 4)) {
    case 0: return below(random, 3);
    case 1: return below(random, 40);
    case 2: return below(random, 900);
    default: return random() >> 40;
  }
}

template <class Offset>
void test_counts_are_those_of_a_map(uint64_t seed) {
  Random random(seed);
  const uint64_t kind = below(random, 15), rows = 1 + below(random, 6000);
  std::vector<std::string> given;
  for (uint64_t row = 0; row < rows; ++row) given.push_back(text_of(kind, drawn_rank(random)));
  const uint64_t offset = below(random, rows);
  const Strings<Offset> strings(given, offset);
  // Small caches too, in which everything falls upon everything.
  StringLines lines(one_in(random, 2) ? 1 : rows);
  ValueCounts counts;
  LengthTally lengths;
  std::map<std::string, uint64_t> wanted;
  uint64_t sum = 0, longest = 0, shortest = ~uint64_t{0}, num_counted = 0;
  for (uint64_t first = 0; first < strings.view.length;) {
    const uint64_t left = strings.view.length - first;
    const auto run = static_cast<uint32_t>(1 + below(random, std::min<uint64_t>(left, 512)));
    if (one_in(random, 5)) {  // as where rows are missing
      first += run;
      continue;
    }
    lines.count(strings.view, first, run, &counts, &lengths);
    for (uint64_t row = first; row < first + run; ++row) {
      const std::string& text = given[offset + row];
      ++wanted[text];
      sum += text.size();
      longest = std::max<uint64_t>(longest, text.size());
      shortest = std::min<uint64_t>(shortest, text.size());
    }
    num_counted += run;
    first += run;
    if (one_in(random, 6)) lines.settle(&counts);
  }
  lines.settle(&counts);
  lines.settle(&counts);  // adds nothing more
  const std::string what = "seed " + std::to_string(seed) + ": ";
  const CategoryCounts found = counts.categories();
  check(found.exact && found.total == num_counted, what + "all are counted");
  check(found.entries.size() == wanted.size(), what + "as many as there are");
  for (const CategoryCounts::Entry& entry : found.entries) {
    const auto at = wanted.find(std::string(entry.value));
    check(at != wanted.end() && at->second == entry.count, what + "the counts of a map");
  }
  check(lengths.count == num_counted && lengths.sum == sum, what + "lengths");
  if (num_counted > 0) {
    check(lengths.min == shortest && lengths.max == longest, what + "extreme lengths");
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    mainspring::test_counts_are_those_of_a_map<int32_t>(seed);
    mainspring::test_counts_are_those_of_a_map<int64_t>(seed + 1000);
  }
  return mainspring::finish();
}

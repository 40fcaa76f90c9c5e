// Case mappings by runs of characters that lie equally far from what they become. Title case and
// folding are those of the two others but for short lists of their own.
#include "runtime/core/letter_case.hpp"

#include "runtime/core/case_tables.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kDottedCapital = 0x130;  // the one character whose lower case is two
constexpr uint32_t kDotAbove = 0x307;

/// The entries of a table, so that what looks through tables is there once for all lengths.
template <class T>
struct Table {
  template <uint32_t kCount>
  constexpr Table(const T (&all)[kCount]) : entries(all), count(kCount) {}

  const T* entries;
  uint32_t count;
};

/// Writes the character that the runs make of this one, which may be itself; false: none has it.
bool map(Table<uint32_t> table, uint32_t code, uint32_t* out) {
  const uint32_t* runs = table.entries;
  if (code >> 17 != 0) return false;
  const uint32_t key = code << 15 | 0x7fff;
  uint32_t at = 0;  // runs that begin at the character or before
  for (uint32_t left = table.count; left != 0;) {
    const uint32_t half = (left + 1) / 2;
    if (runs[at + half - 1] <= key) at += half;
    left -= half;
  }
  if (at == 0) return false;
  const uint32_t run = runs[at - 1];
  const uint32_t distance = code - (run >> 15);
  const uint32_t every_second = run >> 8 & 1;
  if (distance > (run >> 9 & 63) << every_second || (distance & every_second) != 0) return false;
  const uint32_t delta = case_tables::kDeltas[run & 127];
  *out = (run >> 7 & 1) != 0 ? code - delta : code + delta;
  return true;
}

const case_tables::Special* special(Table<case_tables::Special> table, uint32_t code) {
  const case_tables::Special* all = table.entries;
  uint32_t low = 0;
  uint32_t high = table.count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (all[middle].code < code) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < table.count && all[low].code == code ? all + low : nullptr;
}

uint32_t lower(uint32_t code) {
  map(case_tables::kLowerRuns, code, &code);
  return code;
}

/// Writes the special's characters, in lower case from number `first_lower` on.
uint32_t write(const case_tables::Special& from, uint32_t first_lower, uint32_t* out) {
  uint32_t count = 0;
  for (const uint16_t code : from.to) {
    if (code == 0) break;
    out[count] = count < first_lower ? code : lower(code);
    ++count;
  }
  return count;
}

/// Whether the ranges, distances of 7 bits a byte, hold the character.
bool in_ranges(Table<uint8_t> distances, uint32_t code) {
  uint32_t place = 0;
  bool inside = false;
  for (uint32_t at = 0; at < distances.count;) {
    uint32_t distance = 0;
    for (uint32_t shift = 0;; shift += 7) {
      const uint8_t byte = distances.entries[at++];
      distance |= static_cast<uint32_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    place += distance;
    if (code < place) return inside;
    inside = !inside;
  }
  return false;
}

}  // namespace

uint32_t change_case(LetterCase to, uint32_t code, uint32_t* out) noexcept {
  const bool lowers = to == LetterCase::kLower || to == LetterCase::kFold;
  out[0] = code;
  if (lowers && code == kDottedCapital) {
    out[0] = 'i';
    out[1] = kDotAbove;
    return 2;
  }
  if (to == LetterCase::kLower) {
    out[0] = lower(code);
    return 1;
  }
  if (to == LetterCase::kFold) {
    if (!map(case_tables::kFoldRuns, code, out)) out[0] = lower(code);
    // ß and its kind fold to what their upper case is in lower case.
    const auto* const parts = special(case_tables::kUpperSpecials, out[0]);
    return parts != nullptr ? write(*parts, 0, out) : 1;
  }
  if (to == LetterCase::kTitle) {
    if (const auto* own = special(case_tables::kTitleSpecials, code)) {
      return write(*own, kMaxCaseCharacters, out);
    }
    if (map(case_tables::kTitleRuns, code, out)) return 1;
  }
  if (const auto* parts = special(case_tables::kUpperSpecials, code)) {
    return write(*parts, to == LetterCase::kTitle ? 1 : kMaxCaseCharacters, out);
  }
  map(case_tables::kUpperRuns, code, out);
  return 1;
}

bool is_cased(uint32_t code) noexcept {
  uint32_t other = 0;
  return code == kDottedCapital || map(case_tables::kLowerRuns, code, &other) ||
         map(case_tables::kUpperRuns, code, &other) ||
         special(case_tables::kUpperSpecials, code) != nullptr ||
         in_ranges(case_tables::kCasedRanges, code);
}

bool is_case_ignorable(uint32_t code) noexcept {
  return in_ranges(case_tables::kCaseIgnorableRanges, code);
}

}  // namespace mainspring

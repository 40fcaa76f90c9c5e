// A small cache of strings by their last word before the table of all of them.
#include "profile/string_ends.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

namespace {

typedef uint64_t Sixteen __attribute__((vector_size(16)));

constexpr uint64_t kFirstEnds = 1024;  // near the CPU: most columns need no more
constexpr uint64_t kMostEnds = 65536;
constexpr uint32_t kVacant = ~0u;
constexpr uint64_t kLeastAhead = 2048;

// Read from 16 - n on: n bytes of ones, then zeros.
alignas(16) constexpr std::array<uint8_t, 32> kFirstOnes = [] {
  std::array<uint8_t, 32> bytes{};
  for (size_t i = 0; i < 16; ++i) bytes[i] = 0xFF;
  return bytes;
}();

inline uint64_t home_of(uint64_t end) {
#if defined(__SSE4_2__)
  return __builtin_ia32_crc32di(0, end);
#else
  return (end * 0x9E3779B97F4A7C15ull) >> 32;
#endif
}

// Bits in which the first word of any row is not as wanted.
template <class Word>
[[gnu::always_inline]] inline Word first_words_differ(const uint8_t* data, uint64_t length,
                                                      uint32_t num_rows, Word wanted) {
  Word one{}, other{};
  uint32_t row = 0;
  for (; row + 2 <= num_rows; row += 2, data += 2 * length) {
    one |= load<Word>(data) ^ wanted;
    other |= load<Word>(data + length) ^ wanted;
  }
  if (row < num_rows) one |= load<Word>(data) ^ wanted;
  return one | other;
}

}  // namespace

StringEnds::StringEnds(uint64_t num_rows)
    : most_places_(std::bit_ceil(std::clamp<uint64_t>(num_rows / 16, 16, kMostEnds))) {}

void StringEnds::keep_beginning(const uint8_t* data, uint64_t length) {
  length_ = length;
  std::copy_n(data, length, beginning_.begin());
  empty(std::min(most_places_, kFirstEnds));
}

// All bytes but the last eight. What is read of a string is never behind it.
bool StringEnds::begins_as_known(const uint8_t* data, uint32_t num_rows) const {
  const uint64_t bytes = length_ - kEndBytes;
  if (bytes == 0) return true;
  const uint8_t* const wanted = beginning_.data();
  if (bytes <= 8) {
    const uint64_t found =
        first_words_differ<uint64_t>(data, length_, num_rows, load<uint64_t>(wanted));
    return (found & load<uint64_t>(kFirstOnes.data() + 16 - bytes)) == 0;
  }
  for (uint64_t at = 0;; at = std::min(at + 16, bytes - 16)) {
    Sixteen found =
        first_words_differ<Sixteen>(data + at, length_, num_rows, load<Sixteen>(wanted + at));
    if (bytes < 16) found &= load<Sixteen>(kFirstOnes.data() + 16 - bytes);
    if ((found[0] | found[1]) != 0) return false;
    if (at + 16 >= bytes) return true;
  }
}

bool StringEnds::count(const uint8_t* data, uint64_t length, uint32_t num_rows,
                       ValueCounts* counts) {
  if (length < kEndBytes || length > kMostBytes || num_rows == 0) return false;
  const bool first = length_ == 0;
  if (first) keep_beginning(data, length);
  // The last row mostly tells, where rows are not alike.
  if (length != length_ || !begins_as_known(data + length * (num_rows - 1), 1) ||
      !begins_as_known(data, num_rows)) {
    if (first) length_ = 0;
    return false;
  }
  Place* const places = places_.data();
  const uint64_t mask = places_.size() - 1;
  const uint8_t* end = data + length - kEndBytes;
  // What comes next is compared first: all of it should be near by then.
  const uintptr_t ahead = std::max(kLeastAhead, length * num_rows);
  const auto count_one = [&](uint32_t table) {
    const auto word = load<uint64_t>(end);
    const uint64_t at = home_of(word) & mask;
    if (places[at].end == word) [[likely]] {
      ++places[at].times[table];
    } else {
      meet(end, at, counts);
    }
    end += length;
  };
  uint32_t row = 0;
  for (; row + kTables <= num_rows; row += kTables) {
    // Addresses, not pointers: there may be nothing so far ahead.
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(end) + ahead));
    for (uint32_t table = 0; table < kTables; ++table) count_one(table);
  }
  for (; row < num_rows; ++row) count_one(0);
  num_untold_ += num_rows;
  // Nearly all strings in the first of their places: which one it is cannot be guessed.
  const bool grows = 16 * num_used_ > places_.size() && places_.size() < most_places_;
  if (grows || num_untold_ > UINT32_MAX / 2) settle(counts);
  // What was met is met again: that is little.
  if (grows) empty(std::min(most_places_, 4 * places_.size()));
  return true;
}

// Of the places a string may be in, the first is for what is met more often.
void StringEnds::meet(const uint8_t* end, uint64_t at, ValueCounts* counts) {
  constexpr uint64_t kWays = 4;
  const auto word = load<uint64_t>(end);
  uint64_t rarest = at;
  for (uint64_t way = 1; way < kWays; ++way) {
    const uint64_t other = at ^ way;
    if (numbers_[other] != kVacant && places_[other].end == word) {
      ++places_[other].times[0];
      if (places_[other].sum() <= places_[at].sum()) return;
      std::swap(places_[at], places_[other]);
      std::swap(numbers_[at], numbers_[other]);
      return;
    }
    if (numbers_[rarest] == kVacant) continue;
    const bool rarer = places_[other].sum() < places_[rarest].sum();
    if (numbers_[other] == kVacant || rarer) rarest = other;
  }
  if (numbers_[rarest] == kVacant) {
    ++num_used_;
  } else {
    counts->add_again(numbers_[rarest], places_[rarest].sum());
  }
  const uint8_t* data = end + kEndBytes - length_;
  numbers_[rarest] =
      counts->add_new({reinterpret_cast<const char*>(data), length_}, hash_bytes(data, length_));
  places_[rarest] = {word, {}};
}

void StringEnds::settle(ValueCounts* counts) {
  if (num_untold_ == 0) return;
  for (uint64_t at = 0; at < places_.size(); ++at) {
    if (numbers_[at] == kVacant) continue;
    counts->add_again(numbers_[at], places_[at].sum());
    places_[at].times = {};
  }
  num_untold_ = 0;
}

// What is in no place is found in none: the word there belongs in another one.
void StringEnds::empty(uint64_t num_places) {
  places_.assign(num_places, Place{0, {}});
  numbers_.assign(num_places, kVacant);
  num_used_ = 0;
  const uint64_t mask = num_places - 1, home = home_of(0) & mask;
  uint64_t stranger = 1;
  while ((home_of(stranger) & mask) == home) ++stranger;
  places_[home].end = stranger;
}

void StringEnds::clear() {
  if (length_ != 0) empty(places_.size());
}

}  // namespace mainspring

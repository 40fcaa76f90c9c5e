// A small cache of strings by their bytes before the table of all of them.
#include "profile/string_lines.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

namespace {

// Read from 32 - length on: as many bytes of ones as the string has, then zeros.
alignas(64) constexpr std::array<uint8_t, 64> kOnes = [] {
  std::array<uint8_t, 64> bytes{};
  for (size_t i = 0; i < 32; ++i) bytes[i] = 0xFF;
  return bytes;
}();

constexpr uintptr_t kBytesAhead = 2048;
constexpr uint32_t kMostBits = 15;
constexpr uint64_t kMostLines = uint64_t{1} << kMostBits;

std::string_view text_at(const uint8_t* data, uint64_t length) {
  return {reinterpret_cast<const char*>(data), length};
}

// Differences of offsets that ascend, without a branch for each.
template <class Offset>
void tally_lengths(const uint8_t* offsets, uint32_t num_rows, LengthTally* lengths) {
  using Length = std::make_unsigned_t<Offset>;
  Length least = static_cast<Length>(-1), most = 0;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const auto length = static_cast<Length>(load<Length>(offsets + (row + 1) * sizeof(Offset)) -
                                            load<Length>(offsets + row * sizeof(Offset)));
    least = length < least ? length : least;
    most = length > most ? length : most;
  }
  const Length sum = static_cast<Length>(load<Length>(offsets + num_rows * sizeof(Offset)) -
                                         load<Length>(offsets));
  lengths->merge({num_rows, sum, least, most});
}

}  // namespace

StringLines::StringLines(uint64_t num_rows)
    : lines_(std::bit_ceil(std::clamp<uint64_t>(num_rows / 16, 16, kMostLines))) {
  for (Line& line : lines_) line.length = ~uint64_t{0};
}

[[gnu::always_inline]] inline StringLines::Key StringLines::key_of(const uint8_t* data,
                                                                   uint64_t length) {
  const uint8_t* ones = kOnes.data() + (kMostBytes - length);
  return {load<Sixteen>(data) & load<Sixteen>(ones),
          load<Sixteen>(data + 16) & load<Sixteen>(ones + 16)};
}

[[gnu::always_inline]] inline bool StringLines::matches(const Line& line, Sixteen low, Sixteen high,
                                                        uint64_t length) {
  if (line.length != length) return false;
  const Sixteen differ = (line.low ^ low) | (line.high ^ high);
#if defined(__SSE4_1__)
  typedef long long Test __attribute__((vector_size(16)));
  return __builtin_ia32_ptestz128(reinterpret_cast<Test>(differ), reinterpret_cast<Test>(differ));
#else
  return (differ[0] | differ[1]) == 0;
#endif
}

void StringLines::count(const ColumnView& view, uint64_t first, uint32_t num_rows,
                        ValueCounts* counts, LengthTally* lengths) {
  const bool wide = view.type == ColumnType::kLargeUtf8 || view.type == ColumnType::kLargeBinary;
  const auto* offsets = static_cast<const uint8_t*>(view.values);
  if (wide) {
    tally_lengths<int64_t>(offsets + (view.offset + first) * sizeof(int64_t), num_rows, lengths);
    count_rows<int64_t>(view, first, num_rows, counts);
  } else {
    tally_lengths<int32_t>(offsets + (view.offset + first) * sizeof(int32_t), num_rows, lengths);
    count_rows<int32_t>(view, first, num_rows, counts);
  }
}

template <class Offset>
void StringLines::count_rows(const ColumnView& view, uint64_t first, uint32_t num_rows,
                             ValueCounts* counts) {
  const auto* offsets = static_cast<const uint8_t*>(view.values) + view.offset * sizeof(Offset);
  const auto offset_at = [offsets](uint64_t row) {
    return static_cast<uint64_t>(load<Offset>(offsets + row * sizeof(Offset)));
  };
  // Behind the last string there may be nothing to read.
  const uint64_t end = offset_at(view.length);
  // No bytes at all: nothing of them is read.
  static constexpr uint8_t kNone = 0;
  const uint8_t* bytes = view.bytes != nullptr ? view.bytes : &kNone;
  Line* const lines = lines_.data();
  const uint64_t mask = lines_.size() - 1;
  uint64_t begin = offset_at(first);
  for (uint64_t row = first + 1; row <= first + num_rows; ++row) {
    const uint64_t next = offset_at(row);
    const uint64_t length = next - begin;
    const uint8_t* data = bytes + begin;
    const uint64_t after = begin + kMostBytes;
    // Addresses, not pointers: there may be nothing so far ahead.
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(data) + kBytesAhead));
    begin = next;
    Key key;
    if (length <= kMostBytes && after <= end) {
      key = key_of(data, length);
    } else if (length <= kMostBytes) {
      alignas(16) std::array<uint8_t, kMostBytes> copy{};
      std::copy_n(data, length, copy.begin());
      key = key_of(copy.data(), length);
    } else {
      counts->add(text_at(data, length), hash_bytes(data, length));
      continue;
    }
    // The high half is rotated: bytes that fall upon each other have different bits.
    const Sixteen mixed = key.low ^ (key.high << 29 | key.high >> 35);
    const uint64_t product = (mixed[0] + length) * 0x9E3779B97F4A7C15ull + mixed[1];
    Line& line = lines[((product * 0xD6E8FEB86659FD93ull) >> (64 - kMostBits)) & mask];
    if (matches(line, key.low, key.high, length)) [[likely]] {
      ++line.count;
    } else {
      meet(key.low, key.high, text_at(data, length), &line, counts);
    }
  }
}

// Of two lines the string may be in, the first is for what is met more often.
void StringLines::meet(Sixteen low, Sixteen high, std::string_view text, Line* line,
                       ValueCounts* counts) {
  Line* other = lines_.data() + ((line - lines_.data()) ^ 1);
  if (matches(*other, low, high, text.size())) {
    ++other->count;
    if (other->count > line->count) std::swap(*line, *other);
    return;
  }
  const bool empty = line->length > kMostBytes;
  Line* rarer = empty || line->count <= other->count ? line : other;
  if (rarer->length <= kMostBytes) counts->add_again(rarer->number, rarer->count);
  const auto* data = reinterpret_cast<const uint8_t*>(text.data());
  const uint32_t number = counts->add_new(text, hash_bytes(data, text.size()));
  *rarer = {low, high, text.size(), 0, number};
}

void StringLines::settle(ValueCounts* counts) {
  for (Line& line : lines_) {
    if (line.length > kMostBytes) continue;
    counts->add_again(line.number, line.count);
    line.count = 0;
  }
}

}  // namespace mainspring

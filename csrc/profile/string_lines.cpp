// A small cache of strings by their bytes before the table of all of them.
#include "profile/string_lines.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "host/bundle_image.hpp"
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

// Stands for no bytes at all: nothing of it is read.
constexpr uint8_t kNone = 0;
constexpr uintptr_t kBytesAhead = 2048;
constexpr uintptr_t kOffsetsAhead = 4096;
constexpr uint32_t kMostBits = 15;
constexpr uint64_t kMostLines = uint64_t{1} << kMostBits;
constexpr uint64_t kFirstLines = 1024;  // near the CPU: most columns need no more
constexpr uint64_t kFirstFactor = 0x9E3779B97F4A7C15ull, kSecondFactor = 0xD6E8FEB86659FD93ull;

std::string_view text_at(const uint8_t* data, uint64_t length) {
  return {reinterpret_cast<const char*>(data), length};
}

// Differences of offsets that ascend, without a branch for each.
template <class Offset>
[[gnu::always_inline]] inline LengthTally tally_all(const uint8_t* offsets, uint32_t num_rows) {
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
  return {num_rows, sum, least, most};
}

template <class Offset>
LengthTally tally_baseline(const uint8_t* offsets, uint32_t num_rows) {
  return tally_all<Offset>(offsets, num_rows);
}

#if defined(__x86_64__)
template <class Offset>
__attribute__((target("avx2"))) LengthTally tally_avx2(const uint8_t* offsets, uint32_t num_rows) {
  return tally_all<Offset>(offsets, num_rows);
}
#endif

template <class Offset>
LengthTally tally_lengths(const uint8_t* offsets, uint32_t num_rows) {
#if defined(__x86_64__)
  if (process_kernels().level >= IsaLevel::kAvx2) return tally_avx2<Offset>(offsets, num_rows);
#endif
  return tally_baseline<Offset>(offsets, num_rows);
}

// Where to look for a string by words that have all of its bytes, some of them twice.
inline uint64_t spread(uint64_t length, uint64_t first, uint64_t second, uint64_t last) {
#if defined(__SSE4_2__)
  const uint64_t mixed = __builtin_ia32_crc32di(__builtin_ia32_crc32di(length, first), second);
  return __builtin_ia32_crc32di(mixed, last);
#else
  const uint64_t ends = (first ^ std::rotl(last, 29)) + length;
  return ((ends * kFirstFactor + second) * kSecondFactor) >> 32;
#endif
}

}  // namespace

StringLines::StringLines(uint64_t num_rows)
    : most_lines_(std::bit_ceil(std::clamp<uint64_t>(num_rows / 16, 16, kMostLines))),
      lines_(std::min(most_lines_, kFirstLines), kEmpty),
      ends_(num_rows) {}

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
  if (wide) {
    count_run<int64_t>(view, first, num_rows, counts, lengths);
  } else {
    count_run<int32_t>(view, first, num_rows, counts, lengths);
  }
}

template <class Offset>
void StringLines::count_run(const ColumnView& view, uint64_t first, uint32_t num_rows,
                            ValueCounts* counts, LengthTally* lengths) {
  const auto* offsets = static_cast<const uint8_t*>(view.values);
  // Addresses, not pointers: there may be nothing so far ahead.
  const uintptr_t later =
      reinterpret_cast<uintptr_t>(offsets) + kOffsetsAhead + (view.offset + first) * sizeof(Offset);
  for (uint64_t at = 0; at < num_rows * sizeof(Offset); at += 64) {
    __builtin_prefetch(reinterpret_cast<const void*>(later + at), 0, 2);
  }
  const LengthTally tally =
      tally_lengths<Offset>(offsets + (view.offset + first) * sizeof(Offset), num_rows);
  lengths->merge(tally);
  if (tally.min == tally.max && num_rows > 0) {
    const auto begin =
        static_cast<uint64_t>(load<Offset>(offsets + (view.offset + first) * sizeof(Offset)));
    if (ends_.count(view.bytes + begin, tally.max, num_rows, counts)) return;
  }
  if (tally.min >= 8 && tally.max <= 16) {
    count_words<Offset, 2>(view, first, num_rows, counts);
  } else if (tally.min >= 16 && tally.max <= 24) {
    count_words<Offset, 3>(view, first, num_rows, counts);
  } else {
    count_any_rows<Offset>(view, first, num_rows, counts, tally.max);
  }
  if (4 * num_used_ <= lines_.size() || lines_.size() >= most_lines_) return;
  // What was met is met again: that is little, and lines are found in more than one way.
  constexpr uint64_t kTimes = 8;
  settle(counts);
  lines_.resize(std::min(most_lines_, kTimes * lines_.size()));
  clear();
}

template <class Offset, uint64_t kWords>
void StringLines::count_words(const ColumnView& view, uint64_t first, uint32_t num_rows,
                              ValueCounts* counts) {
  static_assert(kWords == 2 || kWords == 3);
  const uint8_t* offsets =
      static_cast<const uint8_t*>(view.values) + (view.offset + first) * sizeof(Offset);
  const uint8_t* const end = offsets + uint64_t{num_rows} * sizeof(Offset);
  const uint8_t* const bytes = view.bytes;
  Line* const lines = lines_.data();
  const uint64_t mask = lines_.size() - 1;
  auto begin = static_cast<uint64_t>(load<Offset>(offsets));
  while (offsets != end) {
    offsets += sizeof(Offset);
    const auto next = static_cast<uint64_t>(load<Offset>(offsets));
    const uint64_t length = next - begin;
    const uint8_t* data = bytes + begin;
    // Addresses, not pointers: there may be nothing so far ahead.
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(data) + kBytesAhead));
    begin = next;
    const auto one = load<uint64_t>(data), last = load<uint64_t>(data + length - 8);
    const auto two = kWords == 3 ? load<uint64_t>(data + 8) : 0;
    Line& line = lines[spread(length, one, two, last) & mask];
    if (line.length == length) [[likely]] {
      const auto* key = reinterpret_cast<const uint8_t*>(&line);
      uint64_t differ = (one ^ load<uint64_t>(key)) | (last ^ load<uint64_t>(key + length - 8));
      if constexpr (kWords == 3) differ |= two ^ load<uint64_t>(key + 8);
      if (differ == 0) [[likely]] {
        ++line.count;
        continue;
      }
    }
    // What of the last word is behind the others.
    const uint64_t behind = 8 * kWords - length;
    const uint64_t rest = behind < 8 ? last >> (8 * behind) : 0;
    const Sixteen low = {one, kWords == 3 ? two : rest}, high = {kWords == 3 ? rest : 0, 0};
    meet(low, high, text_at(data, length), &line, counts);
  }
}

template <class Offset>
void StringLines::count_any_rows(const ColumnView& view, uint64_t first, uint32_t num_rows,
                                 ValueCounts* counts, uint64_t longest) {
#if defined(__x86_64__)
  if (longest <= kMostBytes && process_kernels().level == IsaLevel::kAvx512) {
    return count_short_rows<Offset>(view, first, num_rows, counts);
  }
#endif
  (void)longest;
  count_rows<Offset>(view, first, num_rows, counts);
}

#if defined(__x86_64__)
// The bytes of a string alone are read, by a mask, so nothing behind the last one is; the lines are
// those of count_rows.
template <class Offset>
void StringLines::count_short_rows(const ColumnView& view, uint64_t first, uint32_t num_rows,
                                   ValueCounts* counts) {
  constexpr uint32_t kLineBits = std::countr_zero(sizeof(Line));
  const uint8_t* offsets =
      static_cast<const uint8_t*>(view.values) + (view.offset + first) * sizeof(Offset);
  const uint8_t* const end = offsets + uint64_t{num_rows} * sizeof(Offset);
  const uint8_t* const bytes = view.bytes != nullptr ? view.bytes : &kNone;
  auto* const lines = reinterpret_cast<uint8_t*>(lines_.data());
  const uint64_t mask = (lines_.size() - 1) << kLineBits;
  auto begin = static_cast<uint64_t>(load<Offset>(offsets));
  while (offsets != end) {
    offsets += sizeof(Offset);
    const auto next = static_cast<uint64_t>(load<Offset>(offsets));
    const uint64_t length = next - begin;
    const uint8_t* data = bytes + begin;
    // Addresses, not pointers: there may be nothing so far ahead.
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(data) + kBytesAhead));
    begin = next;
    const __m256i key =
        _mm256_maskz_loadu_epi8(_bzhi_u32(~0u, static_cast<uint32_t>(length)), data);
    const __m128i low = _mm256_castsi256_si128(key), high = _mm256_extracti128_si256(key, 1);
    const __m128i mixed = _mm_xor_si128(low, _mm_rol_epi64(high, 29));
    const uint64_t product =
        (static_cast<uint64_t>(_mm_cvtsi128_si64(mixed)) + length) * kFirstFactor +
        static_cast<uint64_t>(_mm_extract_epi64(mixed, 1));
    auto* line = reinterpret_cast<Line*>(
        lines + (((product * kSecondFactor) >> (64 - kMostBits - kLineBits)) & mask));
    const __m256i differ =
        _mm256_xor_si256(key, _mm256_load_si256(reinterpret_cast<const __m256i*>(line)));
    if (line->length == length && _mm256_testz_si256(differ, differ) != 0) [[likely]] {
      ++line->count;
    } else {
      meet(reinterpret_cast<Sixteen>(low), reinterpret_cast<Sixteen>(high), text_at(data, length),
           line, counts);
    }
  }
}
#endif

template <class Offset>
void StringLines::count_rows(const ColumnView& view, uint64_t first, uint32_t num_rows,
                             ValueCounts* counts) {
  const auto* offsets = static_cast<const uint8_t*>(view.values) + view.offset * sizeof(Offset);
  const auto offset_at = [offsets](uint64_t row) {
    return static_cast<uint64_t>(load<Offset>(offsets + row * sizeof(Offset)));
  };
  // Behind the last string there may be nothing to read.
  const uint64_t end = offset_at(view.length);
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
    const uint64_t product = (mixed[0] + length) * kFirstFactor + mixed[1];
    Line& line = lines[((product * kSecondFactor) >> (64 - kMostBits)) & mask];
    if (matches(line, key.low, key.high, length)) [[likely]] {
      ++line.count;
    } else {
      meet(key.low, key.high, text_at(data, length), &line, counts);
    }
  }
}

// Of the lines the string may be in, the first is for what is met more often.
void StringLines::meet(Sixteen low, Sixteen high, std::string_view text, Line* line,
                       ValueCounts* counts) {
  constexpr uint64_t kWays = 4;
  const auto place = static_cast<uint64_t>(line - lines_.data());
  Line* rarest = line;
  for (uint64_t way = 1; way < kWays; ++way) {
    Line* other = lines_.data() + (place ^ way);
    if (matches(*other, low, high, text.size())) {
      ++other->count;
      if (other->count > line->count) std::swap(*line, *other);
      return;
    }
    const bool taken = rarest->length <= kMostBytes;
    if (taken && (other->length > kMostBytes || other->count < rarest->count)) rarest = other;
  }
  if (rarest->length <= kMostBytes) {
    counts->add_again(rarest->number, rarest->count);
  } else {
    ++num_used_;
  }
  const auto* data = reinterpret_cast<const uint8_t*>(text.data());
  const uint32_t number = counts->add_new(text, hash_bytes(data, text.size()));
  *rarest = {low, high, text.size(), 0, number};
}

void StringLines::settle(ValueCounts* counts) {
  for (Line& line : lines_) {
    if (line.length > kMostBytes) continue;
    counts->add_again(line.number, line.count);
    line.count = 0;
  }
  ends_.settle(counts);
}

void StringLines::clear() {
  std::fill(lines_.begin(), lines_.end(), kEmpty);
  num_used_ = 0;
  ends_.clear();
}

}  // namespace mainspring

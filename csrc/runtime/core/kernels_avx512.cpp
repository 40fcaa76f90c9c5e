// The kernels for x86-64-v4 CPUs (AVX-512 F, BW, CD, DQ, VL); empty elsewhere. The file's name sets
// its compiler flags.
#include "runtime/core/kernels.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/short_keys.hpp"
#include "runtime/core/wide_multiply.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

constexpr const char* kName = "avx512";
constexpr IsaLevel kLevel = IsaLevel::kAvx512;
constexpr uint32_t kFewEdges = 64;
constexpr uint32_t kTransposeLanes = 16;

/// One vector of doubles, as many 64-bit counts, and the counts as they are stored.
typedef double DoubleVector __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t IntegerVector __attribute__((vector_size(64)));
typedef int32_t CountVector __attribute__((vector_size(32), aligned(4), may_alias));
constexpr uint32_t kLanes = 8;
typedef float FloatVector __attribute__((vector_size(64), aligned(4), may_alias));
constexpr uint32_t kDenseRows = 12;  // times two vectors: 24 sums in 32 registers

inline FloatVector multiply_add(FloatVector a, FloatVector b, FloatVector c) {
  return reinterpret_cast<FloatVector>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}

/// counts + 1 where the value is not below the edge.
inline IntegerVector count_lanes(IntegerVector counts, DoubleVector values, double edge) {
  const __mmask8 reached =
      _mm512_cmp_pd_mask(reinterpret_cast<__m512d>(values), _mm512_set1_pd(edge), _CMP_GE_OQ);
  const __m512i before = reinterpret_cast<__m512i>(counts);
  return reinterpret_cast<IntegerVector>(
      _mm512_mask_sub_epi64(before, reached, before, _mm512_set1_epi64(-1)));
}

/// Many edges: the baseline's search. Gathers, which wider vectors would need, are slower: 2.9 ns a
/// value instead of 2.4 with 64 edges (Sapphire Rapids).
inline void count_many_edges(const double* in, int32_t* out, uint32_t num_rows, const double* edges,
                             uint32_t num_edges) {
  kernels_baseline()->count_edges(in, out, num_rows, edges, num_edges);
}

/// Fewer features than this level's block, or next to no rows.
inline void narrow_to_rows(const float* columns, uint32_t num_features, uint32_t num_rows,
                           float* out, uint64_t row_stride) {
  kernels_avx2()->to_rows(columns, num_features, num_rows, out, row_stride);
}

inline uint64_t valid_lanes(const double* in) {
  const __m512d values = _mm512_loadu_pd(in);
  return _mm512_cmp_pd_mask(values, values, _CMP_ORD_Q);
}

/// Sixteen columns of sixteen rows to `num_rows` rows: pairs, quads, then twice 128-bit lanes.
inline void transpose_block(const float* columns, float* out, uint64_t row_stride,
                            uint32_t num_rows) {
  __m512 pairs[16], quads[16], halves[16], rows[16];
  for (uint32_t i = 0; i < 16; i += 2) {
    const __m512 a = _mm512_loadu_ps(columns + i * kTileRows);
    const __m512 b = _mm512_loadu_ps(columns + (i + 1) * kTileRows);
    pairs[i] = _mm512_unpacklo_ps(a, b);
    pairs[i + 1] = _mm512_unpackhi_ps(a, b);
  }
  for (uint32_t i = 0; i < 16; i += 4) {
    quads[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    quads[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  for (uint32_t i = 0; i < 4; ++i) {
    halves[i] = _mm512_shuffle_f32x4(quads[i], quads[i + 4], 0x88);
    halves[i + 4] = _mm512_shuffle_f32x4(quads[i], quads[i + 4], 0xDD);
    halves[i + 8] = _mm512_shuffle_f32x4(quads[i + 8], quads[i + 12], 0x88);
    halves[i + 12] = _mm512_shuffle_f32x4(quads[i + 8], quads[i + 12], 0xDD);
  }
  for (uint32_t i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_f32x4(halves[i], halves[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_f32x4(halves[i], halves[i + 8], 0xDD);
    rows[i + 4] = _mm512_shuffle_f32x4(halves[i + 4], halves[i + 12], 0x88);
    rows[i + 12] = _mm512_shuffle_f32x4(halves[i + 4], halves[i + 12], 0xDD);
  }
  if (num_rows == 16) {
    for (uint32_t i = 0; i < 16; ++i) _mm512_storeu_ps(out + i * row_stride, rows[i]);
  } else {
    for (uint32_t i = 0; i < num_rows; ++i) _mm512_storeu_ps(out + i * row_stride, rows[i]);
  }
}

#if defined(MAINSPRING_SMALL)
#include "runtime/core/no_stream.inc"
#else
constexpr uint32_t kMaxStagedFeatures = 512;

/// Whole lines past the caches.
inline void stream_floats(const float* from, float* to, uint64_t count) {
  const uint64_t head = (64 - reinterpret_cast<uintptr_t>(to) % 64) % 64 / sizeof(float);
  if (count < head + 16) {
    copy_bytes(to, from, count * sizeof(float));
    return;
  }
  copy_bytes(to, from, head * sizeof(float));
  uint64_t at = head;
  for (; at + 16 <= count; at += 16) {
    _mm512_stream_ps(to + at, _mm512_loadu_ps(from + at));
  }
  copy_bytes(to + at, from + at, (count - at) * sizeof(float));
}

inline void end_stream() { _mm_sfence(); }

#endif

#include "runtime/core/hash_forms.inc"

/// Up to 32 bytes; nothing outside is read, whatever the page behind it.
inline __m256i load_masked(const uint8_t* data, uint32_t mask) {
  return _mm256_maskz_loadu_epi8(mask, data);
}

/// One block of the hash of keys, in one vector.
inline uint64_t hash_of_block(__m256i words, uint64_t length, uint64_t state) {
  const __m256i keys =
      _mm256_setr_epi64x(static_cast<int64_t>(kFirst), static_cast<int64_t>(kSecond),
                         static_cast<int64_t>(kThird), static_cast<int64_t>(kFourth));
  const __m256i mixed = _mm256_xor_si256(words, keys);
  const __m256i products = _mm256_mul_epu32(mixed, _mm256_srli_epi64(mixed, 32));
  const __m256i sums = _mm256_add_epi64(products, _mm256_shuffle_epi32(words, 0x4E));
  const __m128i pair =
      _mm_xor_si128(_mm256_castsi256_si128(sums),
                    _mm_add_epi64(_mm256_extracti128_si256(sums, 1), _mm256_castsi256_si128(keys)));
  return fold(static_cast<uint64_t>(_mm_cvtsi128_si64(pair)) ^ length,
              static_cast<uint64_t>(_mm_extract_epi64(pair, 1)) ^ state);
}

/// The lowest `count` bits of 32.
inline uint32_t low_bits(uint64_t count) {
  return static_cast<uint32_t>((uint64_t{1} << (count & 63)) - 1);
}

inline bool same_key_bytes(const uint8_t* a, const uint8_t* b, uint64_t length) {
  for (uint64_t at = 0; at < length; at += 64) {
    const uint64_t left = length - at;
    const __mmask64 mask = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    const __m512i first = _mm512_maskz_loadu_epi8(mask, a + at);
    if (_mm512_mask_cmpneq_epi8_mask(mask, first, _mm512_maskz_loadu_epi8(mask, b + at)) != 0) {
      return false;
    }
  }
  return true;
}

/// The key moved up by one byte is the entry without its tag. Longer ones are compared with
/// nothing, and differ.
inline bool holds_short_key(const BytesEntry& entry, const BytesView& key) {
  const uint32_t mask = low_bits(key.length) << 1;
  const __m256i bytes = load_masked(key.data - 1, mask);
  const __m256i tag = _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(key.length) + 1));
  const __m256i wanted = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(entry.words));
  return _mm256_cmpneq_epi64_mask(_mm256_or_si256(bytes, tag), wanted) == 0;
}

#if defined(MAINSPRING_SMALL)
#include "runtime/core/key_stages.inc"
#else
#include "runtime/core/key_stages_avx512.inc"
#endif

/// The words of eight keys, 0 where a key is longer, and their lengths. In a column of codes, whose
/// values have eight bytes or are missing, those that are there lie side by side.
inline __m512i load_words(const BytesView* keys, __m512i* lengths) {
  const __m512i low = _mm512_loadu_si512(keys), high = _mm512_loadu_si512(keys + 4);
  const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
  const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
  *lengths = _mm512_permutex2var_epi64(low, odd, high);
  const __mmask8 whole = _mm512_cmpeq_epi64_mask(*lengths, _mm512_set1_epi64(8));
  const auto others = static_cast<uint32_t>(_mm512_test_epi64_mask(*lengths, *lengths) & ~whole);
  __m512i words = _mm512_setzero_si512();
  if (whole != 0) {
    const uint8_t* first = keys[__builtin_ctz(whole)].data;
    const __m512i in_order = _mm512_add_epi64(_mm512_set1_epi64(reinterpret_cast<int64_t>(first)),
                                              _mm512_setr_epi64(0, 8, 16, 24, 32, 40, 48, 56));
    const __m512i places = _mm512_permutex2var_epi64(low, even, high);
    const __m512i expected = _mm512_maskz_expand_epi64(whole, in_order);
    if (_mm512_mask_cmpneq_epi64_mask(whole, places, expected) == 0) {
      const auto mask =
          static_cast<__mmask8>(low_bits(static_cast<uint32_t>(__builtin_popcount(whole))));
      words = _mm512_maskz_expand_epi64(whole, _mm512_maskz_loadu_epi64(mask, first));
    } else {
      words = _mm512_mask_i64gather_epi64(words, whole, places, nullptr, 1);
    }
  }
  if (others == 0) return words;
  alignas(64) uint64_t each[8];
  _mm512_store_si512(each, words);
  for (uint32_t rest = others; rest != 0; rest &= rest - 1) {
    const uint32_t i = static_cast<uint32_t>(__builtin_ctz(rest));
    const uint64_t length = keys[i].length;
    const auto mask = static_cast<__mmask16>(length > 8 ? 0 : low_bits(length));
    each[i] = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_maskz_loadu_epi8(mask, keys[i].data)));
  }
  return _mm512_load_si512(each);
}

/// Keys and numbers of eight slots. One load for each: gathers of both cost more.
inline void load_slots(const uint8_t* slots, const uint64_t* places, __m512i* keys,
                       __m512i* numbers) {
  const auto slot = [&](uint32_t lane) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(slots + places[lane]));
  };
  const auto pair = [&](uint32_t lane) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(slot(lane)), slot(lane + 1), 1);
  };
  const __m512i low = _mm512_inserti64x4(_mm512_castsi256_si512(pair(0)), pair(2), 1);
  const __m512i high = _mm512_inserti64x4(_mm512_castsi256_si512(pair(4)), pair(6), 1);
  *keys = _mm512_permutex2var_epi64(low, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), high);
  *numbers = _mm512_permutex2var_epi64(low, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), high);
}

/// Eight rows at a time, and a group of rows before any of their slots is read, so that the misses
/// overlap whatever is guessed wrong; 256 rows' slots leave 32 KB of cache too soon (6 % more time
/// on Zen 4), 64 are too few (12 %). A word that does not say its key's length is in no table.
inline void find_short_keys(const BytesView* keys, int32_t* ids, uint32_t num_rows,
                            const ShortTable& table) {
  constexpr uint32_t kRows = 128;
  const auto* slots = reinterpret_cast<const uint8_t*>(table.slots);
  const __m512i factor = _mm512_set1_epi64(static_cast<int64_t>(table.places.factor));
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(table.places.shift));
  const __m512i one = _mm512_set1_epi64(1);
  alignas(64) uint64_t words[kRows];
  alignas(64) uint64_t places[kRows];
  uint8_t can_be[kRows / 8];
  const uint32_t whole = num_rows & ~uint32_t{7};
  for (uint32_t first = 0; first < whole; first += kRows) {
    const uint32_t count = whole - first < kRows ? whole - first : kRows;
    for (uint32_t i = 0; i < count; i += 8) {
      __m512i lengths;
      const __m512i word = load_words(keys + first + i, &lengths);
      const __m512i implied =
          _mm512_srli_epi64(_mm512_sub_epi64(_mm512_set1_epi64(71), _mm512_lzcnt_epi64(word)), 3);
      can_be[i / 8] = _mm512_cmpeq_epi64_mask(implied, lengths);
      const __m512i place = _mm512_srl_epi64(_mm512_mullo_epi64(word, factor), shift);
      _mm512_store_si512(words + i, word);
      _mm512_store_si512(places + i, _mm512_slli_epi64(place, 4));
      for (uint32_t lane = 0; lane < 8; ++lane) __builtin_prefetch(slots + places[i + lane]);
    }
    for (uint32_t i = 0; i < count; i += 8) {
      const __m512i word = _mm512_load_si512(words + i);
      __m512i found, numbers;
      load_slots(slots, places + i, &found, &numbers);
      const __mmask8 full = _mm512_mask_test_epi64_mask(can_be[i / 8], numbers, numbers);
      const __mmask8 same = _mm512_mask_cmpeq_epi64_mask(full, found, word);
      const __m512i result = _mm512_mask_add_epi64(one, same, numbers, one);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(ids + first + i),
                          _mm512_cvtepi64_epi32(result));
      for (uint32_t rest = static_cast<uint32_t>(full & ~same); rest != 0; rest &= rest - 1) {
        const uint32_t at = i + static_cast<uint32_t>(__builtin_ctz(rest));
        ids[first + at] =
            find_short_from(table, words[at], table.places.next(places[at] / sizeof(ShortSlot)));
      }
    }
  }
  for (uint32_t row = whole; row < num_rows; ++row) {
    const BytesView& key = keys[row];
    const uint64_t word = load_padded(key.data, key.length);
    const bool can = implied_length(word) == key.length;
    ids[row] = can ? find_short_from(table, word, table.places.first(word)) : 1;
  }
}

#include "runtime/core/kernels.inc"

}  // namespace

const Kernels* kernels_avx512() noexcept { return &kTable; }

}  // namespace mainspring

#else

namespace mainspring {
const Kernels* kernels_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

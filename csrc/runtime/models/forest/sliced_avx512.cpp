// Bit-sliced blocks for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

/// Eight values at a time: their cells and the thresholds behind these are looked up together.
template <uint32_t kCompares>
inline void rank_by_eights(const SlicedColumn& column, const double* thresholds,
                           const uint8_t* before, const double* values, uint32_t count,
                           uint8_t* below, uint8_t* above) {
  const __m512d low = _mm512_set1_pd(column.low), scale = _mm512_set1_pd(column.scale);
  const __m512d last = _mm512_set1_pd(column.num_cells - 1.0), zero = _mm512_setzero_pd();
  const __m256i one = _mm256_set1_epi32(1), all = _mm256_set1_epi32(255);
#pragma GCC unroll 4
  for (uint32_t i = 0; i < count; i += 8) {
    const __m512d value = _mm512_load_pd(values + i);
    __m512d cell = _mm512_mul_pd(_mm512_sub_pd(value, low), scale);
    cell = _mm512_min_pd(_mm512_max_pd(cell, zero), last);  // of NaN: 0
    const __m256i number = _mm512_cvttpd_epi32(cell);
    const __m256i from = _mm256_and_si256(
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(before), number, 1), all);
    __m256i rank = from;
    for (uint32_t k = 0; k < kCompares; ++k) {
      const __m512d threshold = _mm512_i32gather_pd(from, thresholds + k, 8);
      const __mmask8 above_it = _mm512_cmp_pd_mask(threshold, value, _CMP_LT_OQ);
      rank = _mm256_mask_add_epi32(rank, above_it, rank, one);
    }
    const __mmask8 missing = _mm512_cmp_pd_mask(value, value, _CMP_UNORD_Q);
    const __m128i bytes = _mm256_cvtepi32_epi8(rank);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(below + i), _mm_mask_set1_epi8(bytes, missing, 0));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(above + i), _mm_mask_set1_epi8(bytes, missing, -1));
  }
}

inline void rank_in_cells(const SlicedColumn& column, const double* thresholds,
                          const uint8_t* before, const double* values, uint32_t count,
                          uint8_t* below, uint8_t* above) {
  switch (column.num_compares) {
    case 0:
    case 1: return rank_by_eights<1>(column, thresholds, before, values, count, below, above);
    case 2: return rank_by_eights<2>(column, thresholds, before, values, count, below, above);
    case 3: return rank_by_eights<3>(column, thresholds, before, values, count, below, above);
    case 4: return rank_by_eights<4>(column, thresholds, before, values, count, below, above);
    default:
      return rank_by_eights<kMaxCompares>(column, thresholds, before, values, count, below, above);
  }
}

inline uint64_t mask_above(const uint8_t* ranks, uint8_t rank) {
  return _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(ranks),
                                _mm512_set1_epi8(static_cast<char>(rank)));
}

/// Rows and columns of eight words each.
inline void transpose_words(__m512i (&rows)[8]) {
  __m512i pairs[8], lanes[8];
#pragma GCC unroll 4
  for (uint32_t k = 0; k < 8; k += 2) {
    pairs[k] = _mm512_unpacklo_epi64(rows[k], rows[k + 1]);      // words 0, 2, 4, 6 of both
    pairs[k + 1] = _mm512_unpackhi_epi64(rows[k], rows[k + 1]);  // 1, 3, 5, 7
  }
#pragma GCC unroll 2
  for (uint32_t odd = 0; odd < 2; ++odd) {
#pragma GCC unroll 2
    for (uint32_t half = 0; half < 2; ++half) {
      const __m512i first = pairs[4 * half + odd], second = pairs[4 * half + 2 + odd];
      lanes[4 * odd + half] = _mm512_shuffle_i64x2(first, second, 0x88);      // 0 and 4
      lanes[4 * odd + 2 + half] = _mm512_shuffle_i64x2(first, second, 0xDD);  // 2 and 6
    }
#pragma GCC unroll 2
    for (uint32_t pair = 0; pair < 2; ++pair) {
      const __m512i first = lanes[4 * odd + 2 * pair], second = lanes[4 * odd + 2 * pair + 1];
      rows[2 * pair + odd] = _mm512_shuffle_i64x2(first, second, 0x88);
      rows[2 * pair + odd + 4] = _mm512_shuffle_i64x2(first, second, 0xDD);
    }
  }
}

/// By way of bytes: byte j of all words lies in one register, whose eight bits are eight masks.
inline void transpose_bits(uint64_t (&words)[64]) {
  const __m512i zip_bytes =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
  alignas(64) static constexpr uint16_t kZipPairs[32] = {0,  8,  16, 24, 1,  9,  17, 25, 2,  10, 18,
                                                         26, 3,  11, 19, 27, 4,  12, 20, 28, 5,  13,
                                                         21, 29, 6,  14, 22, 30, 7,  15, 23, 31};
  const __m512i zip_pairs = _mm512_load_si512(kZipPairs);
  __m512i bytes[8];
#pragma GCC unroll 8
  for (uint32_t k = 0; k < 8; ++k) {
    const __m512i pairs = _mm512_shuffle_epi8(_mm512_load_si512(words + 8 * k), zip_bytes);
    bytes[k] = _mm512_permutexvar_epi16(zip_pairs, pairs);
  }
  transpose_words(bytes);
#pragma GCC unroll 8
  for (uint32_t k = 0; k < 8; ++k) {
    __m512i bits = bytes[k];
#pragma GCC unroll 8
    for (uint32_t bit = 8; bit-- != 0;) {
      words[8 * k + bit] = _mm512_movepi8_mask(bits);
      bits = _mm512_add_epi8(bits, bits);
    }
  }
}

inline void spread_planes(const uint64_t* planes, uint32_t stride, uint32_t count,
                          uint16_t* codes) {
  __m512i low = _mm512_setzero_si512(), high = low;
  const uint32_t first = count < 8 ? count : 8;
  for (uint32_t j = 0; j < first; ++j) {
    low = _mm512_mask_add_epi8(low, planes[j * stride], low,
                               _mm512_set1_epi8(static_cast<char>(1u << j)));
  }
  for (uint32_t j = 8; j < count; ++j) {
    high = _mm512_mask_add_epi8(high, planes[j * stride], high,
                                _mm512_set1_epi8(static_cast<char>(1u << (j - 8))));
  }
  const __m512i even = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(low));
  const __m512i odd = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(low, 1));
  if (count <= 8) {
    _mm512_store_si512(codes, even);
    _mm512_store_si512(codes + 32, odd);
    return;
  }
  _mm512_store_si512(
      codes, _mm512_or_si512(
                 even, _mm512_slli_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(high)), 8)));
  _mm512_store_si512(
      codes + 32,
      _mm512_or_si512(
          odd, _mm512_slli_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(high, 1)), 8)));
}

inline __m512i load_codes(const uint16_t* codes) {
  return _mm512_cvtepu16_epi64(_mm_load_si128(reinterpret_cast<const __m128i*>(codes)));
}

inline void add_eight(double* sums, __m512d values) {
  _mm512_store_pd(sums, _mm512_add_pd(_mm512_load_pd(sums), values));
}
inline void add_eight(float* sums, __m512d values) {
  _mm256_store_ps(sums, _mm256_add_ps(_mm256_load_ps(sums), _mm512_cvtpd_ps(values)));
}

/// Tables of up to 32 leaves are looked up in registers.
template <class Sum>
inline void add_leaves(const double* leaves, uint32_t num_planes, const uint16_t* codes,
                       uint32_t count, Sum* sums) {
  if (num_planes == 5) {
    const __m512d a = _mm512_loadu_pd(leaves), b = _mm512_loadu_pd(leaves + 8);
    const __m512d c = _mm512_loadu_pd(leaves + 16), d = _mm512_loadu_pd(leaves + 24);
    for (uint32_t i = 0; i < count; i += 8) {
      const __m512i code = load_codes(codes + i);
      const __mmask8 upper = _mm512_test_epi64_mask(code, _mm512_set1_epi64(16));
      const __m512d low = _mm512_permutex2var_pd(a, code, b);
      add_eight(sums + i, _mm512_mask_blend_pd(upper, low, _mm512_permutex2var_pd(c, code, d)));
    }
  } else {
    for (uint32_t i = 0; i < count; i += 8) {
      add_eight(sums + i, _mm512_i64gather_pd(load_codes(codes + i), leaves, 8));
    }
  }
}

#include "runtime/models/forest/sliced.inc"

}  // namespace

PredictSliced sliced_avx512() noexcept { return &predict_sliced; }

}  // namespace mainspring

#else

namespace mainspring {
PredictSliced sliced_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

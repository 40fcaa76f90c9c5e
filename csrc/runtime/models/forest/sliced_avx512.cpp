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

inline uint64_t mask_above(const uint8_t* ranks, uint8_t rank) {
  return _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(ranks),
                                _mm512_set1_epi8(static_cast<char>(rank)));
}

inline uint64_t mask_outside(const uint8_t* ranks, const uint8_t* set) {
  const __m512i values = _mm512_loadu_si512(ranks);
  const __m512i bytes = _mm512_and_si512(_mm512_srli_epi16(values, 3), _mm512_set1_epi8(31));
  const __m512i low = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(set)));
  const __m512i high =
      _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(set + 16)));
  const __m512i place = _mm512_and_si512(bytes, _mm512_set1_epi8(15));
  const __m512i found =
      _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(low, place),
                               _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(16)), high, place);
  const __m512i bit =
      _mm512_shuffle_epi8(_mm512_set1_epi64(static_cast<int64_t>(0x8040201008040201u)),
                          _mm512_and_si512(values, _mm512_set1_epi8(7)));
  return _mm512_testn_epi8_mask(found, bit);
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
                       Sum* sums) {
  if (num_planes == 5) {
    const __m512d a = _mm512_loadu_pd(leaves), b = _mm512_loadu_pd(leaves + 8);
    const __m512d c = _mm512_loadu_pd(leaves + 16), d = _mm512_loadu_pd(leaves + 24);
    for (uint32_t i = 0; i < 64; i += 8) {
      const __m512i code = load_codes(codes + i);
      const __mmask8 upper = _mm512_test_epi64_mask(code, _mm512_set1_epi64(16));
      const __m512d low = _mm512_permutex2var_pd(a, code, b);
      add_eight(sums + i, _mm512_mask_blend_pd(upper, low, _mm512_permutex2var_pd(c, code, d)));
    }
  } else {
    for (uint32_t i = 0; i < 64; i += 8) {
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

// Exact sums in lanes of 64 bytes; empty where the target has none. The file's name sets its
// compiler flags.
#include "profile/block_forms.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr uint32_t kLaneBytes = 64;

/// The compiler may not reorder sums by itself.
typedef double Lanes __attribute__((vector_size(kLaneBytes), aligned(8), may_alias));

/// What the square, rounded to `product`, has lost.
inline Lanes error_of_square(Lanes value, Lanes product) {
  const auto factor = reinterpret_cast<__m512d>(value);
  const auto rounded = reinterpret_cast<__m512d>(product);
  return reinterpret_cast<Lanes>(_mm512_fmsub_pd(factor, factor, rounded));
}

/// Through a register: compressing stores cost many times as much on Zen 4.
inline uint32_t pack_lanes(const double* numbers, double* packed) {
  const __m512d values = _mm512_loadu_pd(numbers);
  const __mmask8 present = _mm512_cmp_pd_mask(values, values, _CMP_ORD_Q);
  _mm512_storeu_pd(packed, _mm512_maskz_compress_pd(present, values));
  return static_cast<uint32_t>(__builtin_popcount(present));
}

inline uint32_t pack_lanes_between(const double* numbers, double low, double high, double* packed,
                                   uint64_t* below) {
  const __m512d values = _mm512_loadu_pd(numbers);
  const __mmask8 less = _mm512_cmp_pd_mask(values, _mm512_set1_pd(low), _CMP_LT_OQ);
  const __mmask8 more = _mm512_cmp_pd_mask(values, _mm512_set1_pd(high), _CMP_GT_OQ);
  const auto between = static_cast<__mmask8>(~(less | more));
  _mm512_storeu_pd(packed, _mm512_maskz_compress_pd(between, values));
  *below += static_cast<uint64_t>(__builtin_popcount(less));
  return static_cast<uint32_t>(__builtin_popcount(between));
}

#include "profile/block_forms.inc"

}  // namespace

const BlockForms* block_forms_avx512() noexcept { return &kForms; }

}  // namespace mainspring

#else

namespace mainspring {
const BlockForms* block_forms_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Short weights for x86-64-v3 CPUs; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/models/dense/short_weights.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mainspring {

namespace {

typedef float FloatVector __attribute__((vector_size(32), aligned(4), may_alias));
constexpr uint32_t kRowsAtATime = 6;  // times two vectors: 12 sums in 16 registers

inline FloatVector multiply_add(FloatVector a, FloatVector b, FloatVector c) {
  return reinterpret_cast<FloatVector>(_mm256_fmadd_ps(
      reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}

/// Signed bytes, exactly. GCC 12 would convert plain vectors of them one by one.
inline FloatVector widen_bytes(const uint8_t* bytes) {
  return reinterpret_cast<FloatVector>(_mm256_cvtepi32_ps(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)))));
}

#include "runtime/models/dense/short_weights.inc"

}  // namespace

MultiplyShort short_weights_avx2() noexcept { return &multiply_short; }

}  // namespace mainspring

#else

namespace mainspring {
MultiplyShort short_weights_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

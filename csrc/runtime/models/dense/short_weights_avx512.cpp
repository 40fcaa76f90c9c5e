// Short weights for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/models/dense/short_weights.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

typedef float FloatVector __attribute__((vector_size(64), aligned(4), may_alias));
constexpr uint32_t kRowsAtATime = 12;  // times two vectors: 24 sums in 32 registers

inline FloatVector multiply_add(FloatVector a, FloatVector b, FloatVector c) {
  return reinterpret_cast<FloatVector>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}

/// Signed bytes, exactly. GCC 12 would convert plain vectors of them one by one.
inline FloatVector widen_bytes(const uint8_t* bytes) {
  return reinterpret_cast<FloatVector>(_mm512_cvtepi32_ps(
      _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)))));
}

#include "runtime/models/dense/short_weights.inc"

}  // namespace

MultiplyShort short_weights_avx512() noexcept { return &multiply_short; }

}  // namespace mainspring

#else

namespace mainspring {
MultiplyShort short_weights_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

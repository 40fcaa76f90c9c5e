// Values of a tile into a column of the output, past the caches where the CPU can: nobody reads the
// column soon, and to write a line in a cache means to read it first.
#pragma once
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mainspring {

/// Copies `count` values and says whether one of them is NaN.
inline bool stream_numbers(const float* from, uint64_t count, float* to) {
  uint64_t row = 0;
  uint32_t any = 0;
#if defined(__SSE2__)
  if (reinterpret_cast<uintptr_t>(to) % 16 == 0) {
    __m128 nan = _mm_setzero_ps();
    for (; row + 4 <= count; row += 4) {
      const __m128 values = _mm_loadu_ps(from + row);
      nan = _mm_or_ps(nan, _mm_cmpunord_ps(values, values));
      _mm_stream_ps(to + row, values);
    }
    any = static_cast<uint32_t>(_mm_movemask_ps(nan));
  }
#endif
  for (; row < count; ++row) {
    to[row] = from[row];
    any |= from[row] == from[row] ? 0u : 1u;
  }
  return any != 0;
}

/// Whole numbers that lie in floats, as int32.
inline void stream_ids(const float* from, uint64_t count, int32_t* to) {
  uint64_t row = 0;
#if defined(__SSE2__)
  if (reinterpret_cast<uintptr_t>(to) % 16 == 0) {
    for (; row + 4 <= count; row += 4) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + row),
                       _mm_cvttps_epi32(_mm_loadu_ps(from + row)));
    }
  }
#endif
  for (; row < count; ++row) to[row] = static_cast<int32_t>(from[row]);
}

/// Before another thread is told that the values are there: what streams is not ordered by locks.
inline void end_stream() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace mainspring

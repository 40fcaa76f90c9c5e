// The kernels for every CPU that the package supports: SSE4.2 on x86-64, whatever the compiler
// makes of plain vectors elsewhere.
#include "runtime/core/kernels.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace mainspring {

namespace {

constexpr const char* kName = "baseline";
constexpr uint32_t kVectorBytes = 16;
constexpr uint32_t kFewEdges = 24;
constexpr uint32_t kTransposeLanes = 4;

inline uint64_t valid_lanes(const double* in) {
  return static_cast<uint64_t>(in[0] == in[0] ? 1 : 0) | (in[1] == in[1] ? 2 : 0);
}

#if defined(__x86_64__)

/// Four columns of four rows to `num_rows` rows.
inline void transpose_block(const float* columns, float* out, uint64_t row_stride,
                            uint32_t num_rows) {
  const __m128 a = _mm_loadu_ps(columns), b = _mm_loadu_ps(columns + kTileRows);
  const __m128 c = _mm_loadu_ps(columns + 2 * kTileRows);
  const __m128 d = _mm_loadu_ps(columns + 3 * kTileRows);
  const __m128 ab_low = _mm_unpacklo_ps(a, b), ab_high = _mm_unpackhi_ps(a, b);
  const __m128 cd_low = _mm_unpacklo_ps(c, d), cd_high = _mm_unpackhi_ps(c, d);
  const __m128 rows[4] = {_mm_movelh_ps(ab_low, cd_low), _mm_movehl_ps(cd_low, ab_low),
                          _mm_movelh_ps(ab_high, cd_high), _mm_movehl_ps(cd_high, ab_high)};
  if (num_rows == 4) {
    for (uint32_t i = 0; i < 4; ++i) _mm_storeu_ps(out + i * row_stride, rows[i]);
  } else {
    for (uint32_t i = 0; i < num_rows; ++i) _mm_storeu_ps(out + i * row_stride, rows[i]);
  }
}

#else

inline void transpose_block(const float* columns, float* out, uint64_t row_stride,
                            uint32_t num_rows) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < kTransposeLanes; ++i) {
      out[row * row_stride + i] = columns[static_cast<uint64_t>(i) * kTileRows + row];
    }
  }
}

#endif

#include "runtime/core/kernels.inc"

}  // namespace

const Kernels* kernels_baseline() noexcept { return &kTable; }

}  // namespace mainspring

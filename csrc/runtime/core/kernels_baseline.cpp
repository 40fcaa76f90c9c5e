// The kernels for every CPU that the package supports: SSE4.2 on x86-64, whatever the compiler
// makes of plain vectors elsewhere.
#include "runtime/core/kernels.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/math.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/short_keys.hpp"
#include "runtime/core/wide_multiply.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mainspring {

namespace {

constexpr const char* kName = "baseline";
constexpr IsaLevel kLevel = IsaLevel::kBaseline;
constexpr uint32_t kFewEdges = 24;
constexpr uint32_t kTransposeLanes = 4;

/// One vector of doubles, as many 64-bit counts, and the counts as they are stored.
typedef double DoubleVector __attribute__((vector_size(16), aligned(8), may_alias));
typedef int64_t IntegerVector __attribute__((vector_size(16)));
typedef int32_t CountVector __attribute__((vector_size(8), aligned(4), may_alias));
constexpr uint32_t kLanes = 2;
typedef float FloatVector __attribute__((vector_size(16), aligned(4), may_alias));
constexpr uint32_t kDenseRows = 4;

/// a * b + c, rounded once.
inline float multiply_add(float a, float b, float c) {
#if defined(__FP_FAST_FMAF)
  return __builtin_fmaf(a, b, c);
#else
  // The product is exact in a double. The sum is rounded to odd, which keeps that it was not exact,
  // so that the second rounding gives what one alone would (S. Boldo and G. Melquiond, "Emulation
  // of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = c;
  const double sum = product + addend;
  const double back = sum - product;
  const double error = (product - (sum - back)) + (addend - back);
  const uint64_t bits = __builtin_bit_cast(uint64_t, sum);
  // Toward the error where the last bit is even; an infinity or NaN has an error of NaN.
  const bool away = (error > 0) == (sum > 0);
  const uint64_t odd = (bits & 1) != 0 ? bits : away ? bits + 1 : bits - 1;
  const bool inexact = error < 0 || error > 0;
  return static_cast<float>(__builtin_bit_cast(double, inexact ? odd : bits));
#endif
}

inline FloatVector multiply_add(FloatVector a, FloatVector b, FloatVector c) {
  FloatVector result;
  for (uint32_t i = 0; i < 4; ++i) result[i] = multiply_add(a[i], b[i], c[i]);
  return result;
}

/// counts + 1 where the value is not below the edge: a true comparison is -1 in its lane.
inline IntegerVector count_lanes(IntegerVector counts, DoubleVector values, double edge) {
  return counts - (values >= edge);
}

/// Many edges: a binary search without branches, all rows one step at a time, so that the reads of
/// different rows overlap.
void count_many_edges(const double* in, int32_t* out, uint32_t num_rows, const double* edges,
                      uint32_t num_edges) {
  for (uint32_t i = 0; i < num_rows; ++i) out[i] = 0;
  uint32_t left = num_edges;
  while (left > 1) {
    const int32_t half = static_cast<int32_t>(left / 2);
    const double* middle = edges + half - 1;
    for (uint32_t i = 0; i < num_rows; ++i) {
      const int32_t base = out[i];
      out[i] = base + (middle[base] <= in[i] ? half : 0);
    }
    left -= static_cast<uint32_t>(half);
  }
  for (uint32_t i = 0; i < num_rows; ++i) {
    const int32_t base = out[i];
    out[i] = base + (edges[base] <= in[i] ? 1 : 0);
  }
}

/// Fewer features than a block, or next to no rows.
inline void narrow_to_rows(const float* columns, uint32_t num_features, uint32_t num_rows,
                           float* out, uint64_t row_stride) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t feature = 0; feature < num_features; ++feature) {
      out[row * row_stride + feature] = columns[static_cast<uint64_t>(feature) * kTileRows + row];
    }
  }
}

#if defined(__x86_64__)

inline uint64_t valid_lanes(const double* in) {
  const __m128d values = _mm_loadu_pd(in);
  return static_cast<uint32_t>(_mm_movemask_pd(_mm_cmpord_pd(values, values)));
}

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

inline uint64_t valid_lanes(const double* in) {
  return static_cast<uint64_t>(in[0] == in[0] ? 1 : 0) | (in[1] == in[1] ? 2 : 0);
}

inline void transpose_block(const float* columns, float* out, uint64_t row_stride,
                            uint32_t num_rows) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < kTransposeLanes; ++i) {
      out[row * row_stride + i] = columns[static_cast<uint64_t>(i) * kTileRows + row];
    }
  }
}

#endif

#include "runtime/core/hash_forms.inc"
#include "runtime/core/no_stream.inc"
#include "runtime/core/short_keys.inc"

#include "runtime/core/kernels.inc"

}  // namespace

const Kernels* kernels_baseline() noexcept { return &kTable; }

}  // namespace mainspring

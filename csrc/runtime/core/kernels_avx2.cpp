// The kernels for x86-64-v3 CPUs (AVX2); empty elsewhere. The file's name sets its compiler flags.
#include "runtime/core/kernels.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/short_keys.hpp"
#include "runtime/core/wide_multiply.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr const char* kName = "avx2";
constexpr IsaLevel kLevel = IsaLevel::kAvx2;
constexpr uint32_t kFewEdges = 48;
constexpr uint32_t kTransposeLanes = 8;

/// One vector of doubles, as many 64-bit counts, and the counts as they are stored.
typedef double DoubleVector __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t IntegerVector __attribute__((vector_size(32)));
typedef int32_t CountVector __attribute__((vector_size(16), aligned(4), may_alias));
constexpr uint32_t kLanes = 4;
typedef float FloatVector __attribute__((vector_size(32), aligned(4), may_alias));
constexpr uint32_t kDenseRows = 6;  // times two vectors: 12 sums in 16 registers

inline FloatVector multiply_add(FloatVector a, FloatVector b, FloatVector c) {
  return reinterpret_cast<FloatVector>(_mm256_fmadd_ps(
      reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}

/// counts + 1 where the value is not below the edge: a true comparison is -1 in its lane.
inline IntegerVector count_lanes(IntegerVector counts, DoubleVector values, double edge) {
  return counts - (values >= edge);
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
  kernels_baseline()->to_rows(columns, num_features, num_rows, out, row_stride);
}

inline uint64_t valid_lanes(const double* in) {
  const __m256d values = _mm256_loadu_pd(in);
  const __m256d ordered = _mm256_cmp_pd(values, values, _CMP_ORD_Q);
  return static_cast<uint32_t>(_mm256_movemask_pd(ordered));
}

/// Eight columns of eight rows to `num_rows` rows.
inline void transpose_block(const float* columns, float* out, uint64_t row_stride,
                            uint32_t num_rows) {
  __m256 pairs[8], quads[8], rows[8];
  for (uint32_t i = 0; i < 8; i += 2) {
    const __m256 a = _mm256_loadu_ps(columns + i * kTileRows);
    const __m256 b = _mm256_loadu_ps(columns + (i + 1) * kTileRows);
    pairs[i] = _mm256_unpacklo_ps(a, b);
    pairs[i + 1] = _mm256_unpackhi_ps(a, b);
  }
  for (uint32_t i = 0; i < 8; i += 4) {
    quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  for (uint32_t i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
  if (num_rows == 8) {
    for (uint32_t i = 0; i < 8; ++i) _mm256_storeu_ps(out + i * row_stride, rows[i]);
  } else {
    for (uint32_t i = 0; i < num_rows; ++i) _mm256_storeu_ps(out + i * row_stride, rows[i]);
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
    _mm256_stream_ps(to + at, _mm256_loadu_ps(from + at));
    _mm256_stream_ps(to + at + 8, _mm256_loadu_ps(from + at + 8));
  }
  copy_bytes(to + at, from + at, (count - at) * sizeof(float));
}

inline void end_stream() { _mm_sfence(); }

#endif

#include "runtime/core/hash_forms.inc"
#include "runtime/core/short_keys.inc"

#include "runtime/core/kernels.inc"

}  // namespace

const Kernels* kernels_avx2() noexcept { return &kTable; }

}  // namespace mainspring

#else

namespace mainspring {
const Kernels* kernels_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Single rows through small trees for x86-64-v4 CPUs that look up bytes in registers (VBMI); empty
// elsewhere. The file's name sets its compiler flags.
#include "runtime/models/forest/quick_bytes.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define MAINSPRING_VBMI gnu::target("avx512vbmi")

namespace mainspring {

namespace {

#include "runtime/models/forest/ranks.inc"

#include "runtime/models/forest/quick_sums.inc"
// It calls what stands above.
#include "runtime/models/forest/row_ranks_avx512.inc"

static_assert(kMaskBytes == 4);

/// a & (b | c)
inline __m512i and_or(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0xE0);
}

/// Leaves of 64 trees: the numbers of the first bits that stay. A mask is in four registers, a byte
/// in each.
[[MAINSPRING_VBMI]] void find_leaves(const QuickStep* steps, uint32_t num_steps,
                                     const __m512i (&ranks)[2], uint32_t* leaves) {
  __m512i masks[kMaskBytes];
#pragma GCC unroll 4
  for (__m512i& bytes : masks) bytes = _mm512_set1_epi32(-1);
  for (const QuickStep* step = steps; step < steps + num_steps; ++step) {
    const __m512i rank =
        _mm512_permutex2var_epi8(ranks[0], _mm512_load_si512(step->rows), ranks[1]);
    const __m512i left =
        _mm512_movm_epi8(_mm512_cmple_epu8_mask(rank, _mm512_load_si512(step->ranks)));
#pragma GCC unroll 4
    for (uint32_t i = 0; i < kMaskBytes; ++i) {
      masks[i] = and_or(masks[i], left, _mm512_load_si512(step->masks[i]));
    }
  }
  const __m512i low[2] = {_mm512_unpacklo_epi8(masks[0], masks[1]),
                          _mm512_unpackhi_epi8(masks[0], masks[1])};
  const __m512i high[2] = {_mm512_unpacklo_epi8(masks[2], masks[3]),
                           _mm512_unpackhi_epi8(masks[2], masks[3])};
  const __m512i last = _mm512_set1_epi32(31), zero = _mm512_setzero_si512();
#pragma GCC unroll 4
  for (uint32_t i = 0; i < 4; ++i) {
    const __m512i bits = i % 2 == 0 ? _mm512_unpacklo_epi16(low[i / 2], high[i / 2])
                                    : _mm512_unpackhi_epi16(low[i / 2], high[i / 2]);
    const __m512i lowest = _mm512_and_si512(bits, _mm512_sub_epi32(zero, bits));
    _mm512_store_si512(leaves + 16 * i, _mm512_sub_epi32(last, _mm512_lzcnt_epi32(lowest)));
  }
}

/// Each summand is added in the type of the sums.
template <class Sum>
void predict_rows(const SlicedJob& job, const QuickBytes& quick, double* out) {
  alignas(64) uint8_t ranks[kMaxQuickRows] = {};
  for (uint32_t row = 0; row < job.features.num_rows; ++row, out += job.num_outputs) {
    rank_one_row(job, row, ranks);
    const __m512i of_row[2] = {_mm512_load_si512(ranks), _mm512_load_si512(ranks + 64)};
    for (uint32_t i = 0; i < job.num_outputs; ++i) out[i] = job.bases[i];
    Sum only = static_cast<Sum>(out[0]);
    const QuickStep* steps = quick.steps;
    for (uint32_t first = 0; first < job.num_trees; first += kByteTrees, steps += quick.num_steps) {
      alignas(64) uint32_t leaves[kByteTrees];
      find_leaves(steps, quick.num_steps, of_row, leaves);
      const uint32_t left = job.num_trees - first;
      const uint32_t count = left < kByteTrees ? left : kByteTrees;
      add_quick_leaves(job, first, count, leaves, &only, out);
    }
    if (job.num_outputs == 1) out[0] = only;
  }
}

void predict(const SlicedJob& job, const QuickBytes& quick, double* out) noexcept {
  if (job.float_sums) {
    predict_rows<float>(job, quick, out);
  } else {
    predict_rows<double>(job, quick, out);
  }
}

}  // namespace

PredictQuickBytes quick_bytes_avx512() noexcept { return &predict; }

}  // namespace mainspring

#else

namespace mainspring {
PredictQuickBytes quick_bytes_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

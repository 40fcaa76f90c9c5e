// Single rows through small trees for x86-64-v4 CPUs; empty elsewhere. The file's name sets its
// compiler flags.
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

#include "runtime/models/forest/ranks.inc"

// It calls what stands above.
#include "runtime/models/forest/quick_sums.inc"

/// Leaves of 32 trees: the numbers of the first bits that stay.
template <bool kMany>
inline void find_leaves(const QuickView& quick, uint32_t first_tree, const __m512i (&ranks)[4],
                        uint32_t* leaves) {
  __m512i low = _mm512_set1_epi32(-1), high = low;
  for (uint32_t k = 0; k < quick.num_steps; ++k) {
    const uint64_t at = uint64_t{k} * quick.num_trees + first_tree;
    const __m512i rows = _mm512_loadu_si512(quick.rows + at);
    __m512i rank = _mm512_permutex2var_epi16(ranks[0], rows, ranks[1]);
    if constexpr (kMany) {
      rank = _mm512_mask_mov_epi16(rank, _mm512_test_epi16_mask(rows, _mm512_set1_epi16(64)),
                                   _mm512_permutex2var_epi16(ranks[2], rows, ranks[3]));
    }
    const __mmask32 right = _mm512_cmpgt_epu16_mask(rank, _mm512_loadu_si512(quick.ranks + at));
    low = _mm512_mask_and_epi32(low, static_cast<__mmask16>(right), low,
                                _mm512_loadu_si512(quick.masks + at));
    high = _mm512_mask_and_epi32(high, static_cast<__mmask16>(right >> 16), high,
                                 _mm512_loadu_si512(quick.masks + at + 16));
  }
  const __m512i last = _mm512_set1_epi32(31), zero = _mm512_setzero_si512();
  const auto number_of_first = [&](__m512i bits) {
    const __m512i lowest = _mm512_and_si512(bits, _mm512_sub_epi32(zero, bits));
    return _mm512_sub_epi32(last, _mm512_lzcnt_epi32(lowest));
  };
  _mm512_store_si512(leaves, number_of_first(low));
  _mm512_store_si512(leaves + 16, number_of_first(high));
}

/// Each summand is added in the type of the sums.
template <class Sum>
void predict_rows(const SlicedJob& job, double* out) {
  const SlicedView& view = job.view;
  const bool many = 2 * view.header->num_columns > 64;
  alignas(64) uint16_t ranks[kMaxQuickRows] = {};
  for (uint32_t row = 0; row < job.features.num_rows; ++row, out += job.num_outputs) {
    rank_row(job, row, ranks);
    __m512i of_row[4];
    for (uint32_t i = 0; i < 4; ++i) of_row[i] = _mm512_load_si512(ranks + 32 * i);
    for (uint32_t i = 0; i < job.num_outputs; ++i) out[i] = job.bases[i];
    Sum only = static_cast<Sum>(out[0]);
    for (uint32_t first = 0; first < job.num_trees; first += kQuickTrees) {
      alignas(64) uint32_t leaves[kQuickTrees];
      if (many) {
        find_leaves<true>(view.quick, first, of_row, leaves);
      } else {
        find_leaves<false>(view.quick, first, of_row, leaves);
      }
      const uint32_t left = job.num_trees - first;
      const uint32_t count = left < kQuickTrees ? left : kQuickTrees;
      add_quick_leaves(job, first, count, leaves, &only, out);
    }
    if (job.num_outputs == 1) out[0] = only;
  }
}

void predict(const SlicedJob& job, double* out) noexcept {
  if (job.float_sums) {
    predict_rows<float>(job, out);
  } else {
    predict_rows<double>(job, out);
  }
}

}  // namespace

PredictQuick quick_avx512() noexcept { return &predict; }

}  // namespace mainspring

#else

namespace mainspring {
PredictQuick quick_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

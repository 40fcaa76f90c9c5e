// Bit-sliced blocks for x86-64-v3 CPUs; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/models/any_features.hpp"
#include "runtime/models/forest/block_trees.hpp"
#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/leaf_bytes.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mainspring {

namespace {

inline uint64_t joined(__m256i low, __m256i high) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(low)) |
         uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

inline __m256i load32(const uint8_t* bytes) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}

/// A rank as comparisons want it.
using Limit = uint8_t;
inline Limit limit_of(uint32_t rank) { return static_cast<Limit>(rank); }

inline uint64_t mask_above(const uint8_t* ranks, Limit rank) {
  const __m256i limit = _mm256_set1_epi8(static_cast<char>(rank));
  const auto at_most = [&](const uint8_t* from) {
    return _mm256_cmpeq_epi8(_mm256_max_epu8(load32(from), limit), limit);
  };
  return ~joined(at_most(ranks), at_most(ranks + 32));
}

inline void spread_planes(const uint64_t* planes, uint32_t stride, uint32_t count,
                          uint16_t* codes) {
  const __m256i places = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                          2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i bits = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201u));
  for (uint32_t half = 0; half < 2; ++half) {
    __m256i low = _mm256_setzero_si256(), high = low;
    for (uint32_t j = 0; j < count; ++j) {
      const auto word = static_cast<int32_t>(planes[j * stride] >> (32 * half));
      const __m256i set = _mm256_cmpeq_epi8(
          _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), places), bits), bits);
      const __m256i bit = _mm256_set1_epi8(static_cast<char>(1u << (j & 7)));
      __m256i& sum = j < 8 ? low : high;
      sum = _mm256_or_si256(sum, _mm256_and_si256(set, bit));
    }
    auto* to = reinterpret_cast<__m256i*>(codes + 32 * half);
    const __m256i first = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(low));
    const __m256i second = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(low, 1));
    _mm256_store_si256(
        to, _mm256_or_si256(
                first, _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm256_castsi256_si128(high)), 8)));
    _mm256_store_si256(
        to + 1,
        _mm256_or_si256(
            second, _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm256_extracti128_si256(high, 1)), 8)));
  }
}

#include "runtime/models/forest/ranks.inc"
#include "runtime/models/forest/row_values.inc"
#include "runtime/models/forest/single_leaves.inc"
#include "runtime/models/forest/transpose.inc"
// They call what stands above.
#include "runtime/models/forest/cells.inc"
#include "runtime/models/forest/column_ranks.inc"
#include "runtime/models/forest/sliced.inc"

}  // namespace

PredictSliced sliced_avx2() noexcept { return &predict_sliced; }
RankTile ranks_avx2() noexcept { return &rank_tile; }

}  // namespace mainspring

#else

namespace mainspring {
PredictSliced sliced_avx2() noexcept { return nullptr; }
RankTile ranks_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

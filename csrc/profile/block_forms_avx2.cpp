// Exact sums in lanes of 32 bytes; empty where the target has none. The file's name sets its
// compiler flags.
#include "profile/block_forms.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr uint32_t kLaneBytes = 32;

/// The compiler may not reorder sums by itself.
typedef double Lanes __attribute__((vector_size(kLaneBytes), aligned(8), may_alias));

/// What the square, rounded to `product`, has lost.
inline Lanes error_of_square(Lanes value, Lanes product) {
  const auto factor = reinterpret_cast<__m256d>(value);
  const auto rounded = reinterpret_cast<__m256d>(product);
  return reinterpret_cast<Lanes>(_mm256_fmsub_pd(factor, factor, rounded));
}

/// For each set of lanes the halves of numbers that move them to the front.
struct PackedHalves {
  int32_t of[16][8];

  constexpr PackedHalves() : of{} {
    for (int32_t lanes = 0; lanes < 16; ++lanes) {
      int32_t place = 0;
      for (int32_t lane = 0; lane < 4; ++lane) {
        if ((lanes >> lane & 1) == 0) continue;
        of[lanes][place++] = 2 * lane;
        of[lanes][place++] = 2 * lane + 1;
      }
    }
  }
};
alignas(32) constexpr PackedHalves kPackedHalves;

inline uint32_t pack_chosen(__m256d values, uint32_t lanes, double* packed) {
  const __m256i halves =
      _mm256_load_si256(reinterpret_cast<const __m256i*>(kPackedHalves.of[lanes]));
  _mm256_storeu_ps(reinterpret_cast<float*>(packed),
                   _mm256_permutevar8x32_ps(_mm256_castpd_ps(values), halves));
  return static_cast<uint32_t>(__builtin_popcount(lanes));
}

inline uint32_t lanes_of(__m256d mask) { return static_cast<uint32_t>(_mm256_movemask_pd(mask)); }

inline uint32_t pack_lanes(const double* numbers, double* packed) {
  const __m256d values = _mm256_loadu_pd(numbers);
  return pack_chosen(values, lanes_of(_mm256_cmp_pd(values, values, _CMP_ORD_Q)), packed);
}

inline uint32_t pack_lanes_between(const double* numbers, double low, double high, double* packed,
                                   uint64_t* below) {
  const __m256d values = _mm256_loadu_pd(numbers);
  const uint32_t less = lanes_of(_mm256_cmp_pd(values, _mm256_set1_pd(low), _CMP_LT_OQ));
  const uint32_t more = lanes_of(_mm256_cmp_pd(values, _mm256_set1_pd(high), _CMP_GT_OQ));
  *below += static_cast<uint64_t>(__builtin_popcount(less));
  return pack_chosen(values, ~(less | more) & 15, packed);
}

#include "profile/block_forms.inc"

}  // namespace

const BlockForms* block_forms_avx2() noexcept { return &kForms; }

}  // namespace mainspring

#else

namespace mainspring {
const BlockForms* block_forms_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Codes counted in lanes of 32 bytes; empty where the target has none. The file's name sets its
// compiler flags.
#include "profile/count_codes.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr uint32_t kLaneBytes = 32;
typedef uint32_t Lanes __attribute__((vector_size(kLaneBytes)));

/// Eight codes of so many bytes; of eight bytes the lower half, as entries are few. Their order is
/// any.
template <uint32_t kBytes>
inline Lanes load_codes(const uint8_t* codes) {
  if constexpr (kBytes == 1) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
    return reinterpret_cast<Lanes>(_mm256_cvtepu8_epi32(bytes));
  } else if constexpr (kBytes == 2) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
    return reinterpret_cast<Lanes>(_mm256_cvtepu16_epi32(halves));
  } else if constexpr (kBytes == 4) {
    return reinterpret_cast<Lanes>(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
  } else {
    const auto* const words = reinterpret_cast<const float*>(codes);
    return reinterpret_cast<Lanes>(
        _mm256_shuffle_ps(_mm256_loadu_ps(words), _mm256_loadu_ps(words + 8), 0x88));
  }
}

/// No bit of a code above 31.
inline Lanes bit_of(Lanes codes) {
  return reinterpret_cast<Lanes>(
      _mm256_sllv_epi32(_mm256_set1_epi32(1), reinterpret_cast<__m256i>(codes)));
}

inline Lanes majority(Lanes a, Lanes b, Lanes c) { return (a & b) | ((a ^ b) & c); }

#include "profile/count_codes.inc"

}  // namespace

CountCodes count_codes_avx2() noexcept { return &count_codes; }

}  // namespace mainspring

#else

namespace mainspring {
CountCodes count_codes_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

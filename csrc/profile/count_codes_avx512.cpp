// Codes counted in lanes of 64 bytes; empty where the target has none. The file's name sets its
// compiler flags.
#include "profile/count_codes.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr uint32_t kLaneBytes = 64;
typedef uint32_t Lanes __attribute__((vector_size(kLaneBytes)));
/// Of what takes lanes by a mask: without one GCC 12 warns that its own header reads what is not
/// set.
constexpr __mmask16 kAll = 0xFFFF;

/// Sixteen codes of so many bytes; of eight bytes the lower half, as entries are few.
template <uint32_t kBytes>
inline Lanes load_codes(const uint8_t* codes) {
  if constexpr (kBytes == 1) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
    return reinterpret_cast<Lanes>(_mm512_maskz_cvtepu8_epi32(kAll, bytes));
  } else if constexpr (kBytes == 2) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
    return reinterpret_cast<Lanes>(_mm512_maskz_cvtepu16_epi32(kAll, halves));
  } else if constexpr (kBytes == 4) {
    return reinterpret_cast<Lanes>(_mm512_loadu_si512(codes));
  } else {
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return reinterpret_cast<Lanes>(
        _mm512_permutex2var_epi32(_mm512_loadu_si512(codes), even, _mm512_loadu_si512(codes + 64)));
  }
}

/// No bit of a code above 31.
inline Lanes bit_of(Lanes codes) {
  return reinterpret_cast<Lanes>(
      _mm512_maskz_sllv_epi32(kAll, _mm512_set1_epi32(1), reinterpret_cast<__m512i>(codes)));
}

inline Lanes majority(Lanes a, Lanes b, Lanes c) {
  return reinterpret_cast<Lanes>(_mm512_ternarylogic_epi32(reinterpret_cast<__m512i>(a),
                                                           reinterpret_cast<__m512i>(b),
                                                           reinterpret_cast<__m512i>(c), 0xE8));
}

#include "profile/count_codes.inc"

}  // namespace

CountCodes count_codes_avx512() noexcept { return &count_codes; }

}  // namespace mainspring

#else

namespace mainspring {
CountCodes count_codes_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Single rows along bits for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
#include "runtime/core/memory.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

/// 16 trees to a register, which looks up its nodes and its bits with one instruction each.
template <uint32_t kRegisters>
inline void walk_trees(const uint32_t* nodes, const uint32_t* bits, const uint32_t* starts,
                       uint32_t* codes) {
  const __m512i one = _mm512_set1_epi32(1), bit_mask = _mm512_set1_epi32(kMaxBits - 1);
  __m512i from[kRegisters], at[kRegisters], node[kRegisters];
#pragma GCC unroll 4
  for (uint32_t k = 0; k < kRegisters; ++k) {
    from[k] = _mm512_load_si512(starts + 16 * k);
    at[k] = _mm512_setzero_si512();
  }
  __mmask16 moved;
  do {
    moved = 0;
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kRegisters; ++k) {
      node[k] = _mm512_i32gather_epi32(_mm512_add_epi32(from[k], at[k]), nodes, 4);
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kRegisters; ++k) {
      const __m512i bit = _mm512_and_si512(node[k], bit_mask);
      const __m512i word = _mm512_i32gather_epi32(_mm512_srli_epi32(bit, 5), bits, 4);
      const __m512i right = _mm512_and_si512(_mm512_rorv_epi32(word, bit), one);
      const __m512i next = _mm512_add_epi32(_mm512_srli_epi32(node[k], kBitsOfNode), right);
      moved = static_cast<__mmask16>(moved | _mm512_cmpneq_epi32_mask(next, at[k]));
      at[k] = next;
    }
  } while (moved != 0);
#pragma GCC unroll 4
  for (uint32_t k = 0; k < kRegisters; ++k) {
    _mm512_store_si512(codes + 16 * k, _mm512_and_si512(node[k], bit_mask));
  }
}

inline void find_codes(const uint32_t* nodes, const uint32_t* bits, const uint32_t* starts,
                       uint32_t count, uint32_t* codes) {
  if (count > 48) return walk_trees<4>(nodes, bits, starts, codes);
  if (count > 32) return walk_trees<3>(nodes, bits, starts, codes);
  if (count > 16) return walk_trees<2>(nodes, bits, starts, codes);
  walk_trees<1>(nodes, bits, starts, codes);
}

#include "runtime/models/forest/bit_walk.inc"

}  // namespace

PredictSliced bit_walk_avx512() noexcept { return &predict_bits; }

}  // namespace mainspring

#else

namespace mainspring {
PredictSliced bit_walk_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Walks of eight rows to a register for x86-64-v4 CPUs; empty elsewhere. The file's name sets its
// compiler flags.
#include "runtime/models/forest/lane_walk.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>

#include "runtime/models/forest/slot_values.hpp"

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

static_assert(kChains == 8);

/// The nodes of eight rows: what they compare with, and where they lead and what they look at.
struct EightNodes {
  __m512d threshold;
  __m512i links;
};

inline EightNodes gather_nodes(const ForestNode* nodes, __m256i at) {
  const __m256i half = _mm256_slli_epi32(at, 1);
  const auto* rest = reinterpret_cast<const long long*>(nodes) + 1;  // left, value
  return {_mm512_i32gather_pd(half, reinterpret_cast<const double*>(nodes), 8),
          _mm512_i32gather_epi64(half, rest, 8)};
}

/// The same by a load for each node, where a gather needs one for each half. The numbers of nodes
/// go through memory, which takes longer but leaves more to do meanwhile.
inline EightNodes load_nodes(const ForestNode* nodes, __m256i at) {
  alignas(32) uint32_t numbers[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(numbers), at);
  const auto node = [&](uint32_t row) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(nodes + numbers[row]));
  };
  const auto every_other = [&](uint32_t row) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(node(row + 2), node(row))),
                              _mm256_set_m128i(node(row + 6), node(row + 4)), 1);
  };
  const __m512i even = every_other(0), odd = every_other(1);
  return {_mm512_castsi512_pd(_mm512_unpacklo_epi64(even, odd)), _mm512_unpackhi_epi64(even, odd)};
}

/// A level of eight rows looks up nodes and values. Several groups hide the time that these take:
/// from three on what counts is how much there is to do.
template <uint32_t kGroups>
void walk(const ForestNode* nodes, const double* values, uint64_t stride, uint32_t root,
          NextTree& next_tree, uint32_t* leaves) {
  const __m512i lanes = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i one = _mm256_set1_epi32(1);
  __m256i at[kGroups];
#pragma GCC unroll 4
  for (uint32_t k = 0; k < kGroups; ++k) at[k] = _mm256_set1_epi32(static_cast<int>(root));
  __mmask8 moved;
  do {
    moved = 0;
    EightNodes found[kGroups];
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kGroups; ++k) {
      found[k] = kGroups > 2 ? load_nodes(nodes, at[k]) : gather_nodes(nodes, at[k]);
    }
    next_tree.fetch_some();
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kGroups; ++k) {
      const __m512i links = found[k].links;
      const __m512i number =
          _mm512_add_epi64(_mm512_slli_epi64(_mm512_srli_epi64(links, 32), 3), lanes);
      const __m512d value = _mm512_i64gather_pd(number, values + k * stride, 8);
      const __mmask8 left = _mm512_cmp_pd_mask(value, found[k].threshold, _CMP_LE_OQ);
      const __m256i first = _mm512_cvtepi64_epi32(links);
      const __m256i next = _mm256_mask_add_epi32(first, static_cast<__mmask8>(~left), first, one);
      moved = static_cast<__mmask8>(moved | _mm256_cmpneq_epi32_mask(next, at[k]));
      at[k] = next;
    }
  } while (moved != 0);
#pragma GCC unroll 4
  for (uint32_t k = 0; k < kGroups; ++k) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(leaves + 8 * k), at[k]);
  }
}

void walk_lanes(const ForestNode* nodes, const double* values, uint64_t stride, uint32_t num_groups,
                uint32_t root, NextTree& next, uint32_t* leaves) noexcept {
  switch (num_groups) {
    case 1: return walk<1>(nodes, values, stride, root, next, leaves);
    case 2: return walk<2>(nodes, values, stride, root, next, leaves);
    case 3: return walk<3>(nodes, values, stride, root, next, leaves);
    default: return walk<4>(nodes, values, stride, root, next, leaves);
  }
}

}  // namespace

WalkLanes walk_lanes_avx512() noexcept { return &walk_lanes; }

}  // namespace mainspring

#else

namespace mainspring {
WalkLanes walk_lanes_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

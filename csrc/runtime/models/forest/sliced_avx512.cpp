// Bit-sliced blocks for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/core/cpu_features.hpp"
#include "runtime/models/forest/block_trees.hpp"
#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/leaf_bytes.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

/// A rank as comparisons want it: four times, since words are loaded into all lanes, and bytes are
/// not without a permute.
using Limit = uint32_t;
inline Limit limit_of(uint32_t rank) { return 0x01010101u * rank; }

inline uint64_t mask_above(const uint8_t* ranks, Limit limit) {
  return _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(ranks),
                                _mm512_set1_epi32(static_cast<int32_t>(limit)));
}

/// Rows and columns of eight words each.
inline void transpose_words(__m512i (&rows)[8]) {
  __m512i pairs[8], lanes[8];
#pragma GCC unroll 4
  for (uint32_t k = 0; k < 8; k += 2) {
    pairs[k] = _mm512_unpacklo_epi64(rows[k], rows[k + 1]);      // words 0, 2, 4, 6 of both
    pairs[k + 1] = _mm512_unpackhi_epi64(rows[k], rows[k + 1]);  // 1, 3, 5, 7
  }
#pragma GCC unroll 2
  for (uint32_t odd = 0; odd < 2; ++odd) {
#pragma GCC unroll 2
    for (uint32_t half = 0; half < 2; ++half) {
      const __m512i first = pairs[4 * half + odd], second = pairs[4 * half + 2 + odd];
      lanes[4 * odd + half] = _mm512_shuffle_i64x2(first, second, 0x88);      // 0 and 4
      lanes[4 * odd + 2 + half] = _mm512_shuffle_i64x2(first, second, 0xDD);  // 2 and 6
    }
#pragma GCC unroll 2
    for (uint32_t pair = 0; pair < 2; ++pair) {
      const __m512i first = lanes[4 * odd + 2 * pair], second = lanes[4 * odd + 2 * pair + 1];
      rows[2 * pair + odd] = _mm512_shuffle_i64x2(first, second, 0x88);
      rows[2 * pair + odd + 4] = _mm512_shuffle_i64x2(first, second, 0xDD);
    }
  }
}

// It calls what stands above.
#include "runtime/models/forest/class_masks.inc"

#include "runtime/models/forest/planes.inc"

template <class Planes>
inline void find_codes(const Planes& planes, uint32_t word, uint32_t count, uint16_t* codes) {
  __m512i low = _mm512_setzero_si512(), high = low;
  const uint32_t first = count < 8 ? count : 8;
  for (uint32_t j = 0; j < first; ++j) {
    low = _mm512_mask_add_epi8(low, planes.at(j, word), low,
                               _mm512_set1_epi8(static_cast<char>(1u << j)));
  }
  for (uint32_t j = 8; j < count; ++j) {
    high = _mm512_mask_add_epi8(high, planes.at(j, word), high,
                                _mm512_set1_epi8(static_cast<char>(1u << (j - 8))));
  }
  const __m512i even = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(low));
  const __m512i odd = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(low, 1));
  if (count <= 8) {
    _mm512_store_si512(codes, even);
    _mm512_store_si512(codes + 32, odd);
    return;
  }
  _mm512_store_si512(
      codes, _mm512_or_si512(
                 even, _mm512_slli_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(high)), 8)));
  _mm512_store_si512(
      codes + 32,
      _mm512_or_si512(
          odd, _mm512_slli_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(high, 1)), 8)));
}

inline __m512i load_codes(const uint16_t* codes) {
  return _mm512_cvtepu16_epi64(_mm_load_si128(reinterpret_cast<const __m128i*>(codes)));
}

inline void add_eight(double* sums, __m512d values) {
  _mm512_store_pd(sums, _mm512_add_pd(_mm512_load_pd(sums), values));
}
inline void add_eight(float* sums, __m512d values) {
  _mm256_store_ps(sums, _mm256_add_ps(_mm256_load_ps(sums), _mm512_cvtpd_ps(values)));
}

/// Leaves of a tree in registers, as numbers of 32 bits: floats, or the lower and the upper halves
/// of doubles. Permutes find them faster than loads, and bytes of them, with VBMI, no faster.
template <class Sum, uint32_t kPlanes>
struct LeafTable {
  static constexpr uint32_t kRegisters = (1u << kPlanes) / 16;
  __m512i low[kRegisters], high[sizeof(Sum) == sizeof(double) ? kRegisters : 1];

  /// Of `count` leaves, which may be fewer than there is room for.
  void load(const double* leaves, uint32_t count) {
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
#pragma GCC unroll 16
    for (uint32_t i = 0; i < kRegisters; ++i) {
      const __m512d first = load_eight(leaves, 16 * i, count);
      const __m512d second = load_eight(leaves, 16 * i + 8, count);
      if constexpr (sizeof(Sum) == sizeof(double)) {
        const __m512i a = _mm512_castpd_si512(first), b = _mm512_castpd_si512(second);
        low[i] = _mm512_permutex2var_epi32(a, even, b);
        high[i] = _mm512_permutex2var_epi32(a, odd, b);
      } else {
        const __m512 floats = _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(first)),
                                                 _mm512_cvtpd_ps(second), 1);
        low[i] = _mm512_castps_si512(floats);
      }
    }
  }

 private:
  static __m512d load_eight(const double* leaves, uint32_t first, uint32_t count) {
    if (first + 8 <= count) return _mm512_loadu_pd(leaves + first);
    const uint32_t held = count > first ? count - first : 0;
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << held) - 1), leaves + first);
  }
};

/// Numbers of a table at 16 codes: the lowest five bits say where in two registers, upper[j] is the
/// bit of plane 5 + j.
template <uint32_t kPlanes>
inline __m512i look_up(const __m512i* table, __m512i codes, const __mmask16* upper) {
  if constexpr (kPlanes == 5) {
    return _mm512_permutex2var_epi32(table[0], codes, table[1]);
  } else {
    constexpr uint32_t kHalf = 1u << (kPlanes - 5);
    return _mm512_mask_blend_epi32(upper[kPlanes - 6], look_up<kPlanes - 1>(table, codes, upper),
                                   look_up<kPlanes - 1>(table + kHalf, codes, upper));
  }
}

/// Of 16 codes of a byte each to the lowest and the highest byte of as many numbers.
template <bool kDouble>
struct CodeOrder {
  alignas(64) uint8_t bytes[64];

  consteval CodeOrder() : bytes{} {
    for (uint32_t i = 0; i < 16; ++i) {
      const uint32_t lane = i / 4, k = i % 4;
      const auto row = static_cast<uint8_t>(kDouble ? 2 * lane + k % 2 + k / 2 * 8 : i);
      bytes[4 * i] = bytes[4 * i + 3] = row;
      bytes[4 * i + 1] = bytes[4 * i + 2] = 0x80;  // 0
    }
  }
};
template <bool kDouble>
constexpr CodeOrder<kDouble> kCodeOrder;

/// 16 sums at a time; those of doubles lie in the order in which their halves are put together.
template <class Sum, uint32_t kPlanes, class Planes>
void add_permuted(const double* leaves, uint32_t num_planes, const Planes& planes,
                  uint32_t num_rows, Sum* sums) {
  constexpr bool kDouble = sizeof(Sum) == sizeof(double);
  LeafTable<Sum, kPlanes> table;
  table.load(leaves, 1u << num_planes);
  const __m512i order = _mm512_load_si512(kCodeOrder<kDouble>.bytes);
  for (uint32_t first = 0; first < num_rows; first += 64) {
    // Planes from the fifth on are bits from the highest down: signs of a number, shifted.
    __m512i bytes = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (uint32_t j = 0; j < kPlanes; ++j) {
      if (kPlanes == 5 && j >= num_planes) break;
      const uint32_t bit = j < 5 ? 1u << j : 0x80u >> (j - 5);
      bytes = _mm512_mask_add_epi8(bytes, planes.at(j, first / 64), bytes,
                                   _mm512_set1_epi8(static_cast<char>(bit)));
    }
    alignas(64) uint8_t codes[64];
    _mm512_store_si512(codes, bytes);
    const uint32_t count = num_rows - first < 64 ? num_rows - first : 64;
    for (uint32_t i = 0; i < count; i += 16) {
      const __m128i sixteen = _mm_load_si128(reinterpret_cast<const __m128i*>(codes + i));
      const __m512i code = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(sixteen), order);
      __mmask16 upper[3];
#pragma GCC unroll 3
      for (uint32_t j = 0; j + 5 < kPlanes; ++j) {
        upper[j] = _mm512_movepi32_mask(_mm512_slli_epi32(code, j));
      }
      const __m512i low = look_up<kPlanes>(table.low, code, upper);
      if constexpr (kDouble) {
        const __m512i high = look_up<kPlanes>(table.high, code, upper);
        add_eight(sums + first + i, _mm512_castsi512_pd(_mm512_unpacklo_epi32(low, high)));
        add_eight(sums + first + i + 8, _mm512_castsi512_pd(_mm512_unpackhi_epi32(low, high)));
      } else {
        float* to = sums + first + i;
        _mm512_store_ps(to, _mm512_add_ps(_mm512_load_ps(to), _mm512_castsi512_ps(low)));
      }
    }
  }
}

#include "runtime/models/forest/byte_leaves.inc"

/// Few rows are not worth a table, unless it is small.
constexpr uint32_t fewest_permuted(uint32_t num_planes) { return num_planes <= 6 ? 9 : 32; }

template <class Sum, class Planes>
inline void add_leaves(const SlicedJob& job, const SlicedTree& tree, const Planes& planes,
                       uint32_t num_rows, Sum* sums) {
  const double* leaves = job.view.leaves + tree.first_leaf;
  const uint32_t num_planes = tree.num_planes;
  // As many registers as leave room for what is computed.
  constexpr uint32_t kMostPlanes = sizeof(Sum) == sizeof(double) ? 7 : 8;
  if (num_rows >= fewest_permuted(num_planes) && num_planes <= kMostPlanes) {
    switch (num_planes) {
      case 8:
        if constexpr (kMostPlanes == 8) {
          add_permuted<Sum, 8>(leaves, num_planes, planes, num_rows, sums);
        }
        return;
      case 7: return add_permuted<Sum, 7>(leaves, num_planes, planes, num_rows, sums);
      case 6: return add_permuted<Sum, 6>(leaves, num_planes, planes, num_rows, sums);
      default: return add_permuted<Sum, 5>(leaves, num_planes, planes, num_rows, sums);
    }
  }
  if constexpr (sizeof(Sum) == sizeof(double)) {
    if (adds_bytes(job, tree, num_rows)) {
      const uint64_t place = uint64_t{tree.first_leaf} * sizeof(double);
      return add_by_bytes(job.leaf_bytes->bytes + place, planes, num_rows, sums);
    }
  }
  for (uint32_t first = 0; first < num_rows; first += 64) {
    alignas(64) uint16_t codes[64];
    find_codes(planes, first / 64, num_planes, codes);
    const uint32_t count = num_rows - first < 64 ? num_rows - first : 64;
    for (uint32_t i = 0; i < count; i += 8) {
      // Into zeros: else the next gather would wait for this addition.
      const __m512d found =
          _mm512_mask_i64gather_pd(_mm512_setzero_pd(), 255, load_codes(codes + i), leaves, 8);
      add_eight(sums + first + i, found);
    }
  }
}

#include "runtime/models/forest/ranks.inc"
#include "runtime/models/forest/row_values.inc"
// They call what stands above.
#include "runtime/models/forest/gathered_cells.inc"
#include "runtime/models/forest/searched_ranks.inc"
// As does this.
#include "runtime/models/forest/turned_rows.inc"
// And these.
#include "runtime/models/forest/sliced.inc"

#include "runtime/models/forest/narrow_rows.inc"

}  // namespace

PredictSliced sliced_avx512() noexcept { return &predict_blocks; }
RankTile ranks_avx512() noexcept { return &rank_tile; }

}  // namespace mainspring

#else

namespace mainspring {
PredictSliced sliced_avx512() noexcept { return nullptr; }
RankTile ranks_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

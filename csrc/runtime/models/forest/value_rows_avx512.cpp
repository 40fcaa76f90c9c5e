// Many rows down clusters whose nodes compare values, for x86-64-v4 CPUs that look up bytes in
// registers; empty elsewhere. The file's name sets its compiler flags.
//
// All rows go through eight trees before any goes through the next eight, whose clusters are in the
// caches then. Eight trees of a row are walked side by side, a turn of all rows at a time: what
// rows wait for has nothing to do with each other.
#include "runtime/models/forest/value_walk.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>

#define MAINSPRING_VBMI gnu::target("avx512vbmi")

#include "runtime/models/forest/slot_values.hpp"

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

#include "runtime/models/forest/eight_walks_avx512.inc"
// It calls what stands above.
#include "runtime/models/forest/value_clusters_avx512.inc"

/// Of rows where some of eight trees go on.
struct GoingRows {
  ValueRows& rows;
  uint32_t count = 0;

  /// The exits of a row's next clusters.
  void put(uint32_t row, __m256i exits) {
    const __mmask8 going = _mm256_testn_epi32_mask(exits, _mm256_set1_epi32(kValueLeaf));
    store_eight(rows.exits[row], exits);
    store_eight(rows.places[row], _mm256_maskz_slli_epi32(going, exits, kPlaceBits));
    // Without a branch, which would have to be guessed.
    rows.going[count] = static_cast<uint16_t>(row);
    count += going != 0 ? 1 : 0;
  }
};

/// The turn of the trees' first clusters, which are the same for all rows.
[[MAINSPRING_VBMI]] GoingRows begin(const ValueForest& forest, __m256i firsts, ValueRows& rows,
                                    uint32_t num_rows) {
  GoingRows going{rows};
  const __mmask8 begun = _mm256_testn_epi32_mask(firsts, _mm256_set1_epi32(kValueLeaf));
  if (begun == 0) {
    for (uint32_t row = 0; row < num_rows; ++row) store_eight(rows.exits[row], firsts);
    return going;
  }
  alignas(32) uint32_t places[kWalks];
  store_eight(places, _mm256_maskz_slli_epi32(begun, firsts, kPlaceBits));
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  const EightHalves thresholds(clusters, places, 1);
  const EightHalves others(clusters + kOtherHalf, places, 1);
  const __m512i columns = _mm512_unpacklo_epi64(others.even, others.odd);
  for (uint32_t row = 0; row < num_rows; ++row) {
    rows.right[row] = nodes_right(RowBytes(rows.planes[row]), columns, thresholds);
  }
  for (uint32_t row = 0; row < num_rows; ++row) {
    const __m256i exits = _mm512_cvtepi64_epi32(exits_of(rows.right[row], others));
    going.put(row, _mm256_mask_mov_epi32(firsts, begun, exits));
  }
  return going;
}

/// The leaves of eight trees, which begin with these exits, in rows.exits.
[[MAINSPRING_VBMI]] void find_leaves(const ValueForest& forest, __m256i firsts, ValueRows& rows,
                                     uint32_t num_rows) {
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  const __m256i leaf = _mm256_set1_epi32(kValueLeaf);
  GoingRows going = begin(forest, firsts, rows, num_rows);
  while (going.count != 0) {
    const uint32_t count = going.count;
    going.count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t row = rows.going[i];
      const EightHalves others(clusters + kOtherHalf, rows.places[row], 1);
      rows.right[i] =
          nodes_right(RowBytes(rows.planes[row]), _mm512_unpacklo_epi64(others.even, others.odd),
                      EightHalves(clusters, rows.places[row], 1));
    }
    // A loop of its own: instructions that wait for all of a turn would take the room that the CPU
    // needs to go on to the next row.
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t row = rows.going[i];
      const __m256i before = load_eight(rows.exits[row]);
      const __m512i exits =
          exits_of(rows.right[i], EightHalves(clusters + kOtherHalf, rows.places[row], 1));
      going.put(row, _mm256_mask_mov_epi32(before, _mm256_testn_epi32_mask(before, leaf),
                                           _mm512_cvtepi64_epi32(exits)));
    }
  }
  for (uint32_t row = 0; row < num_rows; ++row) {
    store_eight(rows.exits[row], _mm256_sub_epi32(load_eight(rows.exits[row]), leaf));
  }
}

bool fill(const ForestView& view, const ValueForest& forest, const double* values,
          RowPlanes& planes) noexcept {
  alignas(64) float columns[kMaxClusterColumns] = {};
  if (!fill_columns(view, forest, values, columns)) return false;
  fill_planes(columns, planes);
  return true;
}

void walk(const ForestView& view, const ValueForest& forest, ValueRows& rows, uint32_t num_rows,
          uint32_t num_outputs, double* out) noexcept {
  for (uint32_t first = 0; first < view.header->num_trees; first += kWalks) {
    const uint32_t left = view.header->num_trees - first;
    const uint32_t count = left < kWalks ? left : kWalks;
    const auto* firsts = reinterpret_cast<const __m256i*>(forest.firsts + first);
    // Behind the last tree: none goes on.
    const __m256i exits = _mm256_mask_loadu_epi32(_mm256_set1_epi32(kValueLeaf),
                                                  static_cast<__mmask8>((1u << count) - 1), firsts);
    find_leaves(forest, exits, rows, num_rows);
    for (uint32_t row = 0; row < num_rows; ++row) {
      add_leaves(view, forest, first, rows.exits[row], count, out + uint64_t{row} * num_outputs);
    }
  }
}

}  // namespace

ValueRowsWalk value_rows_avx512() noexcept { return {&fill, &walk}; }

}  // namespace mainspring

#else

namespace mainspring {
ValueRowsWalk value_rows_avx512() noexcept { return {}; }
}  // namespace mainspring

#endif

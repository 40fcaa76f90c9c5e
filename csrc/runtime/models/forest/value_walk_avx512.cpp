// Three levels to a step for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
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

/// The values of a row, in registers: more than 32 only where kMany.
template <bool kMany>
struct RowValues {
  __m512 numbers[kMany ? 4 : 2];

  explicit RowValues(const float* values) {
#pragma GCC unroll 4
    for (uint32_t i = 0; i < (kMany ? 4 : 2); ++i) numbers[i] = _mm512_load_ps(values + 16 * i);
  }

  __m256 at(__m256i columns) const {
    const __m512i places = _mm512_castsi256_si512(columns);
    __m512 found = _mm512_permutex2var_ps(numbers[0], places, numbers[1]);
    if constexpr (kMany) {
      const __mmask16 above = _mm512_test_epi32_mask(places, _mm512_set1_epi32(32));
      found =
          _mm512_mask_mov_ps(found, above, _mm512_permutex2var_ps(numbers[2], places, numbers[3]));
    }
    return _mm512_castps512_ps256(found);
  }
};

template <bool kMany>
inline uint32_t exit_of(const ValueCluster& cluster, const RowValues<kMany>& values) {
  const __m128i columns = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(cluster.columns));
  const __m256 found = values.at(_mm256_cvtepu8_epi32(columns));
  const uint32_t right = _cvtmask8_u32(_mm256_mask_cmp_ps_mask(
      (1u << kValueClusterNodes) - 1, found, _mm256_load_ps(cluster.thresholds), _CMP_NLE_UQ));
  const uint32_t exit = kExits.places[right] / sizeof(uint16_t);
  return uint32_t{cluster.high_exits[exit]} << 16 | cluster.low_exits[exit];
}

/// The end of a turn of all trees is a branch that nobody foresees.
constexpr uint32_t kTurnTrees = 512;

/// Numbers of the leaves of `count` trees, at most kTurnTrees. Trees take turns of a cluster each:
/// the turns of two have nothing to do with each other, so that the CPU waits for as many of them
/// at a time as it can hold instructions. Trees whose leaf is found take no more turns, without a
/// branch that had to be guessed.
template <bool kMany>
void find_leaves(const ValueForest& forest, const RowValues<kMany>& values, uint32_t first,
                 uint32_t count, uint32_t* leaves) {
  uint32_t walking[kTurnTrees];
  uint32_t num_walking = 0;
  for (uint32_t t = 0; t < count; ++t) {
    leaves[t] = forest.firsts[first + t];
    walking[num_walking] = t;
    num_walking += leaves[t] < kValueLeaf ? 1 : 0;
  }
  while (num_walking != 0) {
    const uint32_t num_turns = num_walking;
    num_walking = 0;
    for (uint32_t i = 0; i < num_turns; ++i) {
      const uint32_t t = walking[i];
      const uint32_t exit = exit_of(forest.clusters[leaves[t]], values);
      leaves[t] = exit;
      walking[num_walking] = t;
      num_walking += exit < kValueLeaf ? 1 : 0;
    }
  }
  for (uint32_t t = 0; t < count; ++t) leaves[t] -= kValueLeaf;
}

/// For the clusters at `count` places, filled up to a multiple of eight: which nodes send the row
/// right. What follows from that is a loop of its own: an instruction that waits for all of a turn
/// would take room that the CPU needs to go on to the next turn.
[[MAINSPRING_VBMI]] inline void find_right(const ValueForest& forest, const RowBytes& row,
                                           const uint32_t* places, uint32_t stride, uint32_t count,
                                           uint64_t* right) {
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  for (uint32_t i = 0; i < count; i += kWalks) {
    const EightHalves thresholds(clusters, places + i * stride, stride);
    const EightHalves others(clusters + kOtherHalf, places + i * stride, stride);
    right[i / kWalks] =
        nodes_right(row, _mm512_unpacklo_epi64(others.even, others.odd), thresholds);
  }
}

[[MAINSPRING_VBMI]] inline __m512i exits_at(const ValueForest& forest, const uint32_t* places,
                                            uint32_t stride, uint64_t right) {
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  return exits_of(right, EightHalves(clusters + kOtherHalf, places, stride));
}

/// Exits of `count` trees from a multiple of eight on, all of which take forest.even_turns turns:
/// those whose leaf is found go through the first cluster of all, to nowhere.
[[MAINSPRING_VBMI]] inline void walk_evenly(const ValueForest& forest, const RowBytes& row,
                                            uint32_t first, uint32_t count, uint32_t* places,
                                            uint32_t* exits) {
  const __m256i leaf = _mm256_set1_epi32(kValueLeaf);
  const auto store = [&](uint32_t t, __m256i eight) {
    store_eight(exits + t, eight);
    store_eight(places + t,
                _mm256_maskz_slli_epi32(_mm256_testn_epi32_mask(eight, leaf), eight, kPlaceBits));
  };
  for (uint32_t t = 0; t < count; t += kWalks) {
    const auto* firsts = reinterpret_cast<const __m256i*>(forest.firsts + first + t);
    store(t, _mm256_loadu_si256(firsts));
  }
  uint64_t right[kTurnTrees / kWalks];
  for (uint32_t turn = 0; turn < forest.even_turns; ++turn) {
    find_right(forest, row, places, 1, count, right);
    for (uint32_t t = 0; t < count; t += kWalks) {
      const __m256i before = load_eight(exits + t);
      const __m256i after =
          _mm512_cvtepi64_epi32(exits_at(forest, places + t, 1, right[t / kWalks]));
      store(t, _mm256_mask_mov_epi32(before, _mm256_testn_epi32_mask(before, leaf), after));
    }
  }
}

/// For walk_on().
struct Turns {
  const ValueForest& forest;
  const RowBytes& row;
  uint64_t right[kTurnTrees / kWalks];

  [[MAINSPRING_VBMI]] void begin(const Walk* walks, uint32_t count) {
    find_right(forest, row, &walks->place, 2, count, right);
  }
  [[MAINSPRING_VBMI]] __m512i exits(const Walk* walks, uint32_t i) const {
    return exits_at(forest, &walks[i].place, 2, right[i / kWalks]);
  }
  __m512i next(__m512i eight, __m512i found) const {
    return _mm512_mask_mov_epi32(eight, 0xAAAA, _mm512_slli_epi64(found, 32 + kPlaceBits));
  }
};

/// As above, eight trees side by side.
[[MAINSPRING_VBMI]] void find_leaves(const ValueForest& forest, const RowBytes& row, uint32_t first,
                                     uint32_t count, uint32_t* leaves) {
  alignas(64) uint32_t places[kTurnTrees + 2 * kWalks];
  walk_evenly(forest, row, first, count, places, leaves);
  if (forest.even_turns != forest.num_turns) {
    walk_on<kValueLeaf, kTurnTrees>(count, places, leaves, Turns{forest, row, {}});
  }
  for (uint32_t t = 0; t < count; ++t) leaves[t] -= kValueLeaf;
}

template <class Row>
void walk_row(const ForestView& view, const ValueForest& forest, const Row& row, double* out) {
  for (uint32_t first = 0; first < view.header->num_trees; first += kTurnTrees) {
    const uint32_t left = view.header->num_trees - first;
    const uint32_t count = left < kTurnTrees ? left : kTurnTrees;
    alignas(64) uint32_t leaves[kTurnTrees];
    find_leaves(forest, row, first, count, leaves);
    add_leaves(view, forest, first, leaves, count, out);
  }
}

bool walk(const ForestView& view, const ValueForest& forest, const double* values,
          double* out) noexcept {
  alignas(64) float columns[kMaxClusterColumns] = {};
  if (!fill_columns(view, forest, values, columns)) return false;
  if (forest.looks_up_bytes) {
    RowPlanes planes;
    fill_planes(columns, planes);
    walk_row(view, forest, RowBytes(planes), out);
  } else if (forest.num_columns > kMaxClusterColumns / 2) {
    walk_row(view, forest, RowValues<true>(columns), out);
  } else {
    walk_row(view, forest, RowValues<false>(columns), out);
  }
  return true;
}

}  // namespace

WalkValues value_walk_avx512() noexcept { return &walk; }

}  // namespace mainspring

#else

namespace mainspring {
WalkValues value_walk_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Three levels to a step for x86-64-v4 CPUs that look up bytes in registers (VBMI), as all since
// Ice Lake and Zen 4 do; empty elsewhere. The file's name sets its compiler flags.
#include "runtime/models/forest/cluster_walk.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define MAINSPRING_VBMI gnu::target("avx512vbmi")

namespace mainspring {

namespace {

#include "runtime/models/forest/ranks.inc"
// They call what stands above.
#include "runtime/models/forest/row_ranks_avx512.inc"
#include "runtime/models/forest/row_sums.inc"

#include "runtime/models/forest/eight_walks_avx512.inc"

/// Where a row leaves a cluster whose nodes in the mask send it right: the place of the exit among
/// the bytes of its ways.
struct ExitTable {
  alignas(64) uint8_t places[1u << kClusterNodes];
};
constexpr ExitTable kExits = [] {
  ExitTable table{};
  for (uint32_t mask = 0; mask < 1u << kClusterNodes; ++mask) {
    uint32_t node = 0;
    for (uint32_t level = 0; level < 3; ++level) node = 2 * node + 1 + (mask >> node & 1);
    table.places[mask] = static_cast<uint8_t>((node - kClusterNodes) * sizeof(uint16_t));
  }
  return table;
}();

/// The ranks of a row, in registers: more than 128 only where kMany.
template <bool kMany>
struct RowRanks {
  __m512i bytes[kMany ? 4 : 2];

  explicit RowRanks(const uint8_t* ranks) {
#pragma GCC unroll 4
    for (uint32_t i = 0; i < (kMany ? 4 : 2); ++i) bytes[i] = _mm512_load_si512(ranks + 64 * i);
  }

  [[MAINSPRING_VBMI]] __m512i at(__m512i rows) const {
    __m512i found = _mm512_permutex2var_epi8(bytes[0], rows, bytes[1]);
    if constexpr (kMany) {
      found = _mm512_mask_mov_epi8(found, _mm512_movepi8_mask(rows),
                                   _mm512_permutex2var_epi8(bytes[2], rows, bytes[3]));
    }
    return found;
  }
};

constexpr uint32_t kRows = 16;
/// Trees that are walked together. Where all take as many turns, as many as the CPU needs not to
/// wait for any, and as the caches have room for where several rows go through them; else more, as
/// the last turns are taken by few trees, with nothing to do beside, and end with branches that
/// nobody foresees.
constexpr uint32_t kEvenTrees = 128;
constexpr uint32_t kUnevenTrees = 1024;

/// The ways of eight clusters, two to each 128 bits: of those with even numbers, and of the others.
struct EightWays {
  __m512i even, odd;

  /// Exits, one to each 64 bits. Of each cluster a byte of `right` says which of its nodes send the
  /// row right.
  [[MAINSPRING_VBMI]] __m512i exits(__mmask64 right) const {
    const __m512i masks =
        _mm512_castsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(_cvtmask64_u64(right))));
    // Each byte twice, in the first two of eight bytes.
    const __m512i twice =
        _mm512_setr_epi64(0, 0x0101, 0x0202, 0x0303, 0x0404, 0x0505, 0x0606, 0x0707);
    const __m512i places = _mm512_permutex2var_epi8(_mm512_load_si512(kExits.places),
                                                    _mm512_permutexvar_epi8(twice, masks),
                                                    _mm512_load_si512(kExits.places + 64));
    // Both bytes of an exit, and nothing in the other six.
    const __m512i bytes = _mm512_or_si512(places, _mm512_set1_epi64(-0x7F7F7F7F7F7FFF00));
    return _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(even, bytes), 0xFF00FF00FF00FF00, odd,
                                    bytes);
  }
};

/// Exits of the first clusters of eight trees.
template <bool kMany>
[[MAINSPRING_VBMI]] inline __m512i first_exits(const ClusterForest& forest,
                                               const RowRanks<kMany>& ranks, uint32_t tree) {
  const __m512i found = ranks.at(_mm512_loadu_si512(forest.top_rows + tree));
  const __mmask64 right =
      _mm512_cmpgt_epu8_mask(found, _mm512_loadu_si512(forest.top_ranks + tree));
  const EightWays ways{_mm512_loadu_si512(forest.top_ways + tree),
                       _mm512_loadu_si512(forest.top_ways + tree + 4)};
  return ways.exits(right);
}

/// Exits of the clusters at eight places, the first of which is places[0], the next
/// places[kStride].
template <uint32_t kStride, bool kMany>
[[MAINSPRING_VBMI]] inline __m512i exits_at(const ClusterForest& forest,
                                            const RowRanks<kMany>& ranks, const uint32_t* places) {
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  const auto cluster = [&](uint32_t i) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(clusters + places[kStride * i]));
  };
  const auto two = [&](uint32_t i, uint32_t k) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(cluster(i)), cluster(k), 1);
  };
  const __m512i a = two(0, 2), b = two(4, 6), c = two(1, 3), d = two(5, 7);
  const __m512i even = _mm512_shuffle_i64x2(a, b, 0x88);
  const __m512i odd = _mm512_shuffle_i64x2(c, d, 0x88);
  const EightWays ways{_mm512_shuffle_i64x2(a, b, 0xDD), _mm512_shuffle_i64x2(c, d, 0xDD)};
  const __m512i found = ranks.at(_mm512_unpacklo_epi64(even, odd));
  return ways.exits(_mm512_cmpgt_epu8_mask(found, _mm512_unpackhi_epi64(even, odd)));
}

/// An exit is a number of clusters, and a place one of bytes.
constexpr uint32_t kPlaceBits = 5;
static_assert(sizeof(Cluster) == 1u << kPlaceBits);

/// Exits of `count` trees from a multiple of eight on, all of which take forest.even_turns turns:
/// those whose leaf is found go through the first cluster of all, to nowhere. The others are going
/// on at their places. between(t) is called behind the first turn of each eight trees.
template <bool kMany, class Between>
[[MAINSPRING_VBMI, gnu::always_inline]] inline void walk_evenly(const ClusterForest& forest,
                                                                const RowRanks<kMany>& ranks,
                                                                uint32_t first, uint32_t count,
                                                                uint32_t* places, uint32_t* exits,
                                                                const Between& between) {
  const __m256i leaf = _mm256_set1_epi32(kClusterLeaf);
  const auto store = [&](uint32_t t, __m256i from, __m256i eight) {
    const __m256i next = _mm256_maskz_add_epi32(_mm256_testn_epi32_mask(eight, leaf), from,
                                                _mm256_slli_epi32(eight, kPlaceBits));
    store_eight(places + t, next);
    store_eight(exits + t, eight);
  };
  for (uint32_t t = 0; t < count; t += kWalks) {
    const auto* firsts = reinterpret_cast<const __m256i*>(forest.firsts + first + t);
    store(t, _mm256_loadu_si256(firsts),
          _mm512_cvtepi64_epi32(first_exits(forest, ranks, first + t)));
    between(t);
  }
  for (uint32_t turn = 1; turn < forest.even_turns; ++turn) {
    for (uint32_t t = 0; t < count; t += kWalks) {
      const __m256i before = load_eight(exits + t);
      const __m256i after = _mm512_cvtepi64_epi32(exits_at<1>(forest, ranks, places + t));
      store(t, load_eight(places + t),
            _mm256_mask_mov_epi32(before, _mm256_testn_epi32_mask(before, leaf), after));
    }
  }
}

/// For walk_on().
template <bool kMany>
struct Turns {
  const ClusterForest& forest;
  const RowRanks<kMany>& ranks;

  void begin(const Walk*, uint32_t) const {}
  [[MAINSPRING_VBMI]] __m512i exits(const Walk* walks, uint32_t i) const {
    return exits_at<2>(forest, ranks, &walks[i].place);
  }
  __m512i next(__m512i eight, __m512i found) const {
    return _mm512_add_epi64(eight, _mm512_slli_epi64(found, 32 + kPlaceBits));
  }
};

/// The exits to leaves of `count` trees, at most kUnevenTrees, from a multiple of eight on. Trees
/// take turns of a cluster each, eight side by side: the turns of others have nothing to do with
/// these, so that the CPU waits for as many of them at a time as it can hold instructions.
template <bool kMany, class Between>
[[MAINSPRING_VBMI, gnu::always_inline]] inline void find_exits(const ClusterForest& forest,
                                                               const RowRanks<kMany>& ranks,
                                                               uint32_t first, uint32_t count,
                                                               uint32_t* exits,
                                                               const Between& between) {
  alignas(64) uint32_t places[kUnevenTrees + 2 * kEvenTrees];
  walk_evenly(forest, ranks, first, count, places, exits, between);
  if (forest.even_turns == forest.num_turns) return;
  walk_on<kClusterLeaf, kUnevenTrees>(count, places, exits, Turns<kMany>{forest, ranks});
}

/// The most that are walked together.
uint32_t trees_together(const ClusterForest& forest) {
  return forest.even_turns == forest.num_turns ? kEvenTrees : kUnevenTrees;
}

/// Exits to leaves become the numbers of these among all leaves of the program.
inline void number_leaves(const ClusterForest& forest, uint32_t first, uint32_t count,
                          uint32_t* exits) {
  const __m256i code = _mm256_set1_epi32(kClusterLeaf - 1);
  for (uint32_t t = 0; t < count; t += kWalks) {
    const auto* leaves = reinterpret_cast<const __m256i*>(forest.first_leaves + first + t);
    store_eight(exits + t, _mm256_add_epi32(_mm256_and_si256(load_eight(exits + t), code),
                                            _mm256_loadu_si256(leaves)));
  }
}

/// Sums of one output. An addition waits for the one before: while trees are walked, the leaves of
/// those before are added.
template <bool kMany, class Sum>
[[MAINSPRING_VBMI]] void add_numbers(const SlicedJob& job, const ClusterForest& forest,
                                     const uint8_t (*ranks)[kMaxClusterRows], uint32_t num_rows,
                                     double* out) {
  // Not a power of two apart, which would be one place for stores that loads wait for.
  alignas(64) uint32_t both[2][kUnevenTrees + kEvenTrees];
  uint32_t* found = both[0];
  const uint32_t* before = both[1];  // numbers of leaves
  uint32_t count_before = 0;
  double* out_before = out;
  const double* leaves = job.view.leaves;
  const auto leaf_before = [&](uint64_t t) __attribute__((always_inline)) {
    return static_cast<Sum>(leaves[before[t]]);
  };
  const uint32_t step = trees_together(forest);
  for (uint32_t first = 0; first < job.num_trees; first += step) {
    const uint32_t left = job.num_trees - first;
    const uint32_t count = left < step ? left : step;
    for (uint32_t row = 0; row < num_rows; ++row) {
      Sum sum = static_cast<Sum>(*out_before);
      find_exits(forest, RowRanks<kMany>(ranks[row]), first, count, found,
                 [&](uint32_t t) __attribute__((always_inline)) {
                   if (t + kWalks > count_before) return;
#pragma GCC unroll 8
                   for (uint32_t k = 0; k < kWalks; ++k) sum += leaf_before(t + k);
                 });
      const uint32_t num_eights = (count + kWalks - 1) / kWalks, added = count_before / kWalks;
      for (uint32_t t = (num_eights < added ? num_eights : added) * kWalks; t < count_before; ++t) {
        sum += leaf_before(t);
      }
      *out_before = sum;
      number_leaves(forest, first, count, found);
      before = found;
      found = found == both[0] ? both[1] : both[0];
      count_before = count;
      out_before = out + row;
    }
  }
  Sum sum = static_cast<Sum>(*out_before);
  for (uint32_t t = 0; t < count_before; ++t) sum += leaf_before(t);
  *out_before = sum;
}

/// Sums of several outputs.
template <bool kMany>
[[MAINSPRING_VBMI]] void add_outputs(const SlicedJob& job, const ClusterForest& forest,
                                     const uint8_t (*ranks)[kMaxClusterRows], uint32_t num_rows,
                                     double* out) {
  const uint32_t step = trees_together(forest);
  for (uint32_t first = 0; first < job.num_trees; first += step) {
    const uint32_t left = job.num_trees - first;
    const uint32_t count = left < step ? left : step;
    for (uint32_t row = 0; row < num_rows; ++row) {
      alignas(64) uint32_t codes[kUnevenTrees];
      find_exits(forest, RowRanks<kMany>(ranks[row]), first, count, codes, [](uint32_t) {});
      for (uint32_t t = 0; t < count; ++t) codes[t] &= kClusterLeaf - 1;
      add_row_leaves(job, first, count, codes, out + row * job.num_outputs);
    }
  }
}

/// At most kRows rows, from `first_row` on.
template <bool kMany>
void predict_rows(const SlicedJob& job, const ClusterForest& forest, uint32_t first_row,
                  uint32_t num_rows, double* out) {
  alignas(64) uint8_t ranks[kRows][kMaxClusterRows];
  for (uint32_t row = 0; row < num_rows; ++row) {
    rank_one_row(job, first_row + row, ranks[row]);
    for (uint32_t i = 0; i < job.num_outputs; ++i) out[row * job.num_outputs + i] = job.bases[i];
  }
  if (job.num_outputs != 1 || job.leaf_width != 1) {
    add_outputs<kMany>(job, forest, ranks, num_rows, out);
  } else if (job.float_sums) {
    add_numbers<kMany, float>(job, forest, ranks, num_rows, out);
  } else {
    add_numbers<kMany, double>(job, forest, ranks, num_rows, out);
  }
}

void predict(const SlicedJob& job, const ClusterForest& forest, double* out) noexcept {
  const uint32_t num_rows = job.features.num_rows;
  for (uint32_t first = 0; first < num_rows; first += kRows) {
    const uint32_t count = num_rows - first < kRows ? num_rows - first : kRows;
    double* to = out + uint64_t{first} * job.num_outputs;
    if (2 * job.view.header->num_columns > kMaxClusterRows / 2) {
      predict_rows<true>(job, forest, first, count, to);
    } else {
      predict_rows<false>(job, forest, first, count, to);
    }
  }
}

}  // namespace

PredictClusters cluster_walk_avx512() noexcept { return &predict; }

}  // namespace mainspring

#else

namespace mainspring {
PredictClusters cluster_walk_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

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

/// Of one row many trees take turns: the end of a turn of all of them is a branch that nobody
/// foresees. Of several rows as many as lie in the L2 cache, which all rows go through.
constexpr uint32_t kTurnTrees = 512;
constexpr uint32_t kCachedTrees = 128;
constexpr uint32_t kRows = 16;
constexpr uint32_t kWalks = 8;  // side by side: their ways fill two registers

/// A tree whose leaf is not found, and where its next cluster begins; or one whose leaf is, and its
/// exit.
struct Walk {
  uint32_t tree, place;
};
static_assert(sizeof(Walk) == 8);

/// What walks are between turns. Eight walks are read and written at a time.
struct Walks {
  alignas(64) Walk going[kTurnTrees + kWalks];
  alignas(64) Walk ended[kTurnTrees + kWalks];
  uint32_t num_going, num_ended;
};

/// The ways of eight clusters, two to each 128 bits: one in the even register, one in the odd one.
struct EightWays {
  __m512i even, odd;

  /// Exits, one to each 64 bits. Of each cluster a byte of `right` says which of its nodes send the
  /// row right, and `order` which byte: twice, in the first two of eight bytes.
  [[MAINSPRING_VBMI]] __m512i exits(__mmask64 right, __m512i order) const {
    const __m512i masks =
        _mm512_castsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(_cvtmask64_u64(right))));
    const __m512i places = _mm512_permutex2var_epi8(_mm512_load_si512(kExits.places),
                                                    _mm512_permutexvar_epi8(order, masks),
                                                    _mm512_load_si512(kExits.places + 64));
    // Both bytes of an exit, and nothing in the other six.
    const __m512i bytes = _mm512_or_si512(places, _mm512_set1_epi64(-0x7F7F7F7F7F7FFF00));
    return _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(even, bytes), 0xFF00FF00FF00FF00, odd,
                                    bytes);
  }
};

/// An order for EightWays::exits.
inline __m512i twice(__m512i numbers) {
  return _mm512_or_si512(numbers, _mm512_slli_epi64(numbers, 8));
}

/// Walks with exits, of those in the mask: on to the next cluster, or to the end. Without a branch,
/// which would have to be guessed.
inline void go_on(Walks& walks, __m512i eight, __m512i exits, __mmask8 there) {
  const __mmask8 leaf = _mm512_mask_test_epi64_mask(there, exits, _mm512_set1_epi64(kClusterLeaf));
  const auto going = static_cast<__mmask8>(there & ~leaf);
  // An exit is a number of clusters, each of 32 bytes.
  const __m512i next = _mm512_add_epi64(eight, _mm512_slli_epi64(exits, 32 + 5));
  _mm512_storeu_si512(walks.going + walks.num_going, _mm512_maskz_compress_epi64(going, next));
  walks.num_going += static_cast<uint32_t>(__builtin_popcount(going));
  const __m512i end = _mm512_mask_shuffle_epi32(eight, 0xAAAA, exits, _MM_PERM_CCAA);
  _mm512_storeu_si512(walks.ended + walks.num_ended, _mm512_maskz_compress_epi64(leaf, end));
  walks.num_ended += static_cast<uint32_t>(__builtin_popcount(leaf));
}

inline __mmask8 first_walks(uint32_t count) {
  return static_cast<__mmask8>(count < kWalks ? (1u << count) - 1 : 255);
}

/// The first clusters of eight trees.
template <bool kMany>
[[MAINSPRING_VBMI]] inline void begin(const ClusterForest& forest, const RowRanks<kMany>& ranks,
                                      uint32_t first, uint32_t tree, uint32_t count, Walks& walks) {
  const uint32_t at = first + tree;
  const __m512i found = ranks.at(_mm512_loadu_si512(forest.top_rows + at));
  const __mmask64 right = _mm512_cmpgt_epu8_mask(found, _mm512_loadu_si512(forest.top_ranks + at));
  const EightWays ways{_mm512_loadu_si512(forest.top_ways + at),
                       _mm512_loadu_si512(forest.top_ways + at + 4)};
  const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
  const __m512i exits = ways.exits(right, twice(order));
  const __m512i places = _mm512_permutexvar_epi64(
      order, _mm512_cvtepu32_epi64(
                 _mm256_loadu_si256(reinterpret_cast<const __m256i*>(forest.firsts + at))));
  const __m512i trees = _mm512_add_epi64(order, _mm512_set1_epi64(tree));
  const __mmask8 there = _mm512_cmplt_epu64_mask(trees, _mm512_set1_epi64(count));
  go_on(walks, _mm512_or_si512(trees, _mm512_slli_epi64(places, 32)), exits, there);
}

/// A turn of eight walks.
template <bool kMany>
[[MAINSPRING_VBMI]] inline void step(const ClusterForest& forest, const RowRanks<kMany>& ranks,
                                     uint32_t first, uint32_t count, Walks& walks) {
  const Walk* going = walks.going + first;
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  const auto cluster = [&](uint32_t i) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(clusters + going[i].place));
  };
  const auto two = [&](uint32_t i, uint32_t k) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(cluster(i)), cluster(k), 1);
  };
  const __m512i a = two(0, 2), b = two(4, 6), c = two(1, 3), d = two(5, 7);
  const __m512i even = _mm512_shuffle_i64x2(a, b, 0x88);
  const __m512i odd = _mm512_shuffle_i64x2(c, d, 0x88);
  const EightWays ways{_mm512_shuffle_i64x2(a, b, 0xDD), _mm512_shuffle_i64x2(c, d, 0xDD)};
  const __m512i found = ranks.at(_mm512_unpacklo_epi64(even, odd));
  const __mmask64 right = _mm512_cmpgt_epu8_mask(found, _mm512_unpackhi_epi64(even, odd));
  const __m512i order = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  go_on(walks, _mm512_loadu_si512(going), ways.exits(right, twice(order)), first_walks(count));
}

/// Codes of the leaves of `count` trees, at most kTurnTrees, from a multiple of eight on. Trees
/// take turns of a cluster each, eight side by side: the turns of others have nothing to do with
/// these, so that the CPU waits for as many of them at a time as it can hold instructions. Trees
/// whose leaf is found take no more turns.
template <bool kMany>
[[MAINSPRING_VBMI]] void find_codes(const ClusterForest& forest, const uint8_t* row_ranks,
                                    uint32_t first, uint32_t count, uint32_t* codes) {
  const RowRanks<kMany> ranks(row_ranks);
  Walks walks;
  walks.num_going = walks.num_ended = 0;
  for (uint32_t t = 0; t < count; t += kWalks) begin(forest, ranks, first, t, count, walks);
  while (walks.num_going != 0) {
    const uint32_t num_turns = walks.num_going;
    // What the last eight are filled up with: walks in the first cluster of all, to nowhere.
    _mm512_storeu_si512(walks.going + num_turns, _mm512_setzero_si512());
    walks.num_going = 0;
    for (uint32_t i = 0; i < num_turns; i += kWalks) step(forest, ranks, i, num_turns - i, walks);
  }
  for (uint32_t i = 0; i < count; ++i) {
    codes[walks.ended[i].tree] = walks.ended[i].place - kClusterLeaf;
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
  const uint32_t step = num_rows == 1 ? kTurnTrees : kCachedTrees;
  for (uint32_t first = 0; first < job.num_trees; first += step) {
    const uint32_t left = job.num_trees - first;
    const uint32_t count = left < step ? left : step;
    for (uint32_t row = 0; row < num_rows; ++row) {
      uint32_t codes[kTurnTrees];
      find_codes<kMany>(forest, ranks[row], first, count, codes);
      add_row_leaves(job, first, count, codes, out + row * job.num_outputs);
    }
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

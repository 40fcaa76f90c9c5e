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
// It calls what stands above.
#include "runtime/models/forest/row_sums.inc"

/// Where a row leaves a cluster whose nodes in the mask send it right.
struct ExitTable {
  uint8_t exits[1u << kClusterNodes];
};
constexpr ExitTable kExits = [] {
  ExitTable table{};
  for (uint32_t mask = 0; mask < 1u << kClusterNodes; ++mask) {
    uint32_t node = 0;
    for (uint32_t level = 0; level < 3; ++level) node = 2 * node + 1 + (mask >> node & 1);
    table.exits[mask] = static_cast<uint8_t>(node - kClusterNodes);
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

/// Which nodes of a cluster send the row right.
template <bool kMany>
[[MAINSPRING_VBMI]] inline uint32_t nodes_right(const Cluster& cluster,
                                                const RowRanks<kMany>& ranks) {
  const auto load = [](const ClusterNodes& nodes) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&nodes));
  };
  const __m512i found = ranks.at(_mm512_castsi128_si512(load(cluster.rows)));
  return _cvtmask16_u32(_mm_mask_cmpgt_epu8_mask(
      (1u << kClusterNodes) - 1, _mm512_castsi512_si128(found), load(cluster.ranks)));
}

/// Of one row many trees take turns: the end of a turn of all of them is a branch that nobody
/// foresees. Of several rows as many as lie in the L2 cache, which all rows go through.
constexpr uint32_t kTurnTrees = 512;
constexpr uint32_t kCachedTrees = 128;
constexpr uint32_t kRows = 16;

/// Codes of the leaves of `count` trees, at most kTurnTrees, from a multiple of eight on. Trees
/// take turns of a cluster each: the turns of two have nothing to do with each other, so that the
/// CPU waits for as many of them at a time as it can hold instructions. Trees whose leaf is found
/// take no more turns, without a branch that had to be guessed.
template <bool kMany>
[[MAINSPRING_VBMI]] void find_codes(const ClusterForest& forest, const uint8_t* row_ranks,
                                    uint32_t first, uint32_t count, uint32_t* codes) {
  const RowRanks<kMany> ranks(row_ranks);
  uint64_t tops[kTurnTrees / 8];
  for (uint32_t t = 0; t < count; t += 8) {
    const __m512i found = ranks.at(_mm512_loadu_si512(forest.top_rows + first + t));
    tops[t / 8] = _mm512_cmpgt_epu8_mask(found, _mm512_loadu_si512(forest.top_ranks + first + t));
  }
  const auto* right = reinterpret_cast<const uint8_t*>(tops);
  const uint32_t* firsts = forest.firsts + first;
  const ClusterWays* ways = forest.top_ways + first;
  uint32_t walking[kTurnTrees];
  uint32_t num_walking = 0;
  for (uint32_t t = 0; t < count; ++t) {
    codes[t] = ways[t].exits[kExits.exits[right[t]]];
    walking[num_walking] = t;
    num_walking += codes[t] < kClusterLeaf ? 1 : 0;
  }
  while (num_walking != 0) {
    const uint32_t num_turns = num_walking;
    num_walking = 0;
    for (uint32_t i = 0; i < num_turns; ++i) {
      const uint32_t t = walking[i];
      const Cluster& cluster = forest.clusters[firsts[t] + codes[t]];
      codes[t] = cluster.ways.exits[kExits.exits[nodes_right(cluster, ranks)]];
      walking[num_walking] = t;
      num_walking += codes[t] < kClusterLeaf ? 1 : 0;
    }
  }
  for (uint32_t t = 0; t < count; ++t) codes[t] -= kClusterLeaf;
}

/// At most kRows rows, from `first_row` on.
template <bool kMany>
void predict_rows(const SlicedJob& job, const ClusterForest& forest, uint32_t first_row,
                  uint32_t num_rows, double* out) {
  alignas(64) uint8_t ranks[kRows][kMaxClusterRows];
  for (uint32_t row = 0; row < num_rows; ++row) {
    rank_row(job, first_row + row, ranks[row]);
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

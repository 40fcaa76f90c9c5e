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

/// Where a row leaves a cluster whose nodes in the mask send it right: the place of the exit among
/// the bytes of ValueCluster::low_exits.
struct ExitTable {
  alignas(64) uint8_t places[1u << kValueClusterNodes];
};
constexpr ExitTable kExits = [] {
  ExitTable table{};
  for (uint32_t mask = 0; mask < 1u << kValueClusterNodes; ++mask) {
    uint32_t node = 0;
    for (uint32_t level = 0; level < 3; ++level) node = 2 * node + 1 + (mask >> node & 1);
    table.places[mask] = static_cast<uint8_t>((node - kValueClusterNodes) * sizeof(uint16_t));
  }
  return table;
}();

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

constexpr uint32_t kWalks = 8;  // side by side

/// A tree and the exit that its walk has come to, in bytes of clusters: what is a cluster's is
/// where it lies.
struct Walk {
  uint32_t tree, place;
};
static_assert(sizeof(Walk) == 8);
constexpr uint32_t kPlaceBits = 6;
static_assert(sizeof(ValueCluster) == 1u << kPlaceBits);

/// What walks are between turns. Eight walks are read and written at a time.
struct Walks {
  alignas(64) Walk going[kTurnTrees + kWalks];
  alignas(64) Walk ended[kTurnTrees + kWalks];
  uint32_t num_going, num_ended;
};

/// The values of a row, in four registers: the first byte of each value, the second, ...
struct RowBytes {
  __m512i bytes[4];

  explicit RowBytes(const float* values) {
    alignas(64) uint8_t planes[4][kMaxClusterColumns];
    for (uint32_t i = 0; i < kMaxClusterColumns; i += 16) {
      const __m512i some = _mm512_castps_si512(_mm512_load_ps(values + i));
      for (uint32_t k = 0; k < 4; ++k) {
        _mm_store_si128(reinterpret_cast<__m128i*>(planes[k] + i),
                        _mm512_cvtepi32_epi8(_mm512_srli_epi32(some, 8 * k)));
      }
    }
    for (uint32_t k = 0; k < 4; ++k) bytes[k] = _mm512_load_si512(planes[k]);
  }
};

/// Halves of the clusters of eight walks, two to each 128 bits: of each its first 128 bits or the
/// others, of walks with even numbers or odd ones.
struct EightHalves {
  __m512i even, even_behind, odd, odd_behind;

  EightHalves(const uint8_t* clusters, const Walk* walks) {
    const auto two = [&](uint32_t i, uint32_t k) {
      const auto half = [&](uint32_t walk) {
        return _mm256_load_si256(reinterpret_cast<const __m256i*>(clusters + walks[walk].place));
      };
      return _mm512_inserti64x4(_mm512_castsi256_si512(half(i)), half(k), 1);
    };
    const __m512i a = two(0, 2), b = two(4, 6), c = two(1, 3), d = two(5, 7);
    even = _mm512_shuffle_i64x2(a, b, 0x88);
    even_behind = _mm512_shuffle_i64x2(a, b, 0xDD);
    odd = _mm512_shuffle_i64x2(c, d, 0x88);
    odd_behind = _mm512_shuffle_i64x2(c, d, 0xDD);
  }
};

/// Of eight clusters which nodes send the row right: 16 bits of nodes 0 to 3 of the even ones, four
/// of each, then of their nodes 4 to 7, then of the odd ones as much.
[[MAINSPRING_VBMI]] inline uint64_t nodes_right(const RowBytes& row, __m512i columns,
                                                const EightHalves& thresholds) {
  const __m512i first = _mm512_permutexvar_epi8(columns, row.bytes[0]);
  const __m512i second = _mm512_permutexvar_epi8(columns, row.bytes[1]);
  const __m512i third = _mm512_permutexvar_epi8(columns, row.bytes[2]);
  const __m512i fourth = _mm512_permutexvar_epi8(columns, row.bytes[3]);
  const __m512i even_low = _mm512_unpacklo_epi8(first, second);
  const __m512i even_high = _mm512_unpacklo_epi8(third, fourth);
  const __m512i odd_low = _mm512_unpackhi_epi8(first, second);
  const __m512i odd_high = _mm512_unpackhi_epi8(third, fourth);
  const auto right = [](__m512i values, __m512i limits) -> __mmask64 {
    return _mm512_cmp_ps_mask(_mm512_castsi512_ps(values), _mm512_castsi512_ps(limits),
                              _CMP_NLE_UQ);
  };
  const __mmask64 a = right(_mm512_unpacklo_epi16(even_low, even_high), thresholds.even);
  const __mmask64 b = right(_mm512_unpackhi_epi16(even_low, even_high), thresholds.even_behind);
  const __mmask64 c = right(_mm512_unpacklo_epi16(odd_low, odd_high), thresholds.odd);
  const __mmask64 d = right(_mm512_unpackhi_epi16(odd_low, odd_high), thresholds.odd_behind);
  return _cvtmask64_u64(
      _mm512_kunpackd(_mm512_kunpackw(static_cast<__mmask32>(d), static_cast<__mmask32>(c)),
                      _mm512_kunpackw(static_cast<__mmask32>(b), static_cast<__mmask32>(a))));
}

/// Exits of eight clusters, one to each 64 bits, for a row that nodes_right() sends right.
[[MAINSPRING_VBMI]] inline __m512i exits_of(uint64_t nodes_right, const EightHalves& others) {
  constexpr long long kEach = 0x0101010101010101;
  constexpr long long kOdd = 32 * kEach, kNext = 4 * kEach;
  const __m512i from = _mm512_setr_epi64(0, kOdd, kNext, kOdd + kNext, 2 * kNext, kOdd + 2 * kNext,
                                         3 * kNext, kOdd + 3 * kNext);
  const __m512i masks = _mm512_set1_epi64(static_cast<long long>(nodes_right));
  // Four bits begin there, and the other four 16 bits further.
  const __m512i low = _mm512_multishift_epi64_epi8(from, masks);
  const __m512i high =
      _mm512_multishift_epi64_epi8(_mm512_add_epi64(from, _mm512_set1_epi64(12 * kEach)), masks);
  const __m512i right = _mm512_ternarylogic_epi64(_mm512_set1_epi64(15 * kEach), low, high, 0xCA);
  const __m512i places = _mm512_permutex2var_epi8(_mm512_load_si512(kExits.places), right,
                                                  _mm512_load_si512(kExits.places + 64));
  // Bytes 0 and 1 of an exit, and byte 2, and nothing in the others.
  constexpr auto kLow = static_cast<long long>(0x8080808080800100);
  constexpr auto kHigh = static_cast<long long>(0x8080808080008080), kOddHigh = kHigh | 0x080000;
  const __m512i low_bytes = _mm512_or_si512(places, _mm512_set1_epi64(kLow));
  const __m512i high_bytes = _mm512_or_si512(
      _mm512_srli_epi64(places, 1),
      _mm512_setr_epi64(kHigh, kOddHigh, kHigh, kOddHigh, kHigh, kOddHigh, kHigh, kOddHigh));
  const __m512i low_exits =
      _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(others.even_behind, low_bytes),
                               0xFF00FF00FF00FF00, others.odd_behind, low_bytes);
  const __m512i high_exits =
      _mm512_shuffle_epi8(_mm512_unpackhi_epi64(others.even, others.odd), high_bytes);
  return _mm512_or_si512(low_exits, high_exits);
}

/// Walks with exits, of those in the mask: on to the next cluster, or to the end. Without a branch,
/// which would have to be guessed.
inline void go_on(Walks& walks, __m512i eight, __m512i exits, __mmask8 there) {
  const __mmask8 leaf = _mm512_mask_test_epi64_mask(there, exits, _mm512_set1_epi64(kValueLeaf));
  const auto going = static_cast<__mmask8>(there & ~leaf);
  const __m512i moved =
      _mm512_mask_mov_epi32(eight, 0xAAAA, _mm512_slli_epi64(exits, 32 + kPlaceBits));
  _mm512_storeu_si512(walks.going + walks.num_going, _mm512_maskz_compress_epi64(going, moved));
  walks.num_going += static_cast<uint32_t>(__builtin_popcount(going));
  _mm512_storeu_si512(walks.ended + walks.num_ended, _mm512_maskz_compress_epi64(leaf, moved));
  walks.num_ended += static_cast<uint32_t>(__builtin_popcount(leaf));
}

inline __mmask8 first_walks(uint32_t count) {
  return static_cast<__mmask8>(count < kWalks ? (1u << count) - 1 : 255);
}

/// As above, eight trees side by side.
[[MAINSPRING_VBMI]] void find_leaves(const ValueForest& forest, const RowBytes& row, uint32_t first,
                                     uint32_t count, uint32_t* leaves) {
  const auto* clusters = reinterpret_cast<const uint8_t*>(forest.clusters);
  Walks walks;
  walks.num_going = walks.num_ended = 0;
  const __m512i eight = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  for (uint32_t t = 0; t < count; t += kWalks) {
    const auto* firsts = reinterpret_cast<const __m256i*>(forest.firsts + first + t);
    go_on(walks, _mm512_add_epi64(eight, _mm512_set1_epi64(t)),
          _mm512_cvtepu32_epi64(_mm256_loadu_si256(firsts)), first_walks(count - t));
  }
  while (walks.num_going != 0) {
    const uint32_t num_turns = walks.num_going;
    // What the last eight are filled up with: walks in the first cluster of all, to nowhere.
    _mm512_storeu_si512(walks.going + num_turns, _mm512_setzero_si512());
    walks.num_going = 0;
    for (uint32_t i = 0; i < num_turns; i += kWalks) {
      const Walk* going = walks.going + i;
      const EightHalves thresholds(clusters, going);
      const EightHalves others(clusters + __builtin_offsetof(ValueCluster, columns), going);
      const uint64_t right =
          nodes_right(row, _mm512_unpacklo_epi64(others.even, others.odd), thresholds);
      go_on(walks, _mm512_loadu_si512(going), exits_of(right, others), first_walks(num_turns - i));
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    leaves[walks.ended[i].tree] = (walks.ended[i].place >> kPlaceBits) - kValueLeaf;
  }
}

/// Each summand is added in the type of the sums, which stay in registers.
template <uint32_t kWidth, class Sum>
void add_vectors(const Sum* vectors, const uint32_t* leaves, uint32_t count, double* out) {
  Sum sums[kWidth];
  for (uint32_t i = 0; i < kWidth; ++i) sums[i] = static_cast<Sum>(out[i]);
  for (uint32_t t = 0; t < count; ++t) {
    const Sum* vector = vectors + uint64_t{leaves[t]} * kWidth;
    for (uint32_t i = 0; i < kWidth; ++i) sums[i] += vector[i];
  }
  for (uint32_t i = 0; i < kWidth; ++i) out[i] = sums[i];
}

template <class Sum>
void add_vectors(const Sum* vectors, uint32_t width, const uint32_t* leaves, uint32_t count,
                 double* out) {
  switch (width) {
    case 2: return add_vectors<2>(vectors, leaves, count, out);
    case 3: return add_vectors<3>(vectors, leaves, count, out);
    case 4: return add_vectors<4>(vectors, leaves, count, out);
    default: break;
  }
  for (uint32_t t = 0; t < count; ++t) {
    const Sum* vector = vectors + uint64_t{leaves[t]} * width;
    for (uint32_t i = 0; i < width; ++i) out[i] = static_cast<Sum>(out[i]) + vector[i];
  }
}

template <class Sum>
void add_numbers(const ForestView& view, const double* numbers, uint32_t first,
                 const uint32_t* leaves, uint32_t count, double* out) {
  for (uint32_t t = 0; t < count; ++t) {
    double& sum = out[view.trees[first + t].output];
    sum = static_cast<Sum>(sum) + static_cast<Sum>(numbers[leaves[t]]);
  }
}

void add_leaves(const ForestView& view, const ValueForest& forest, uint32_t first,
                const uint32_t* leaves, uint32_t count, double* out) {
  const uint32_t width = view.header->leaf_width;
  if (width == 1 && sums_floats(*view.header)) {
    add_numbers<float>(view, forest.leaves, first, leaves, count, out);
  } else if (width == 1) {
    add_numbers<double>(view, forest.leaves, first, leaves, count, out);
  } else if (view.narrow_vectors != nullptr) {
    add_vectors(view.narrow_vectors, width, leaves, count, out);
  } else {
    add_vectors(view.wide_vectors, width, leaves, count, out);
  }
}

template <class Row>
void walk_row(const ForestView& view, const ValueForest& forest, const float* values, double* out) {
  const Row of_row(values);
  for (uint32_t first = 0; first < view.header->num_trees; first += kTurnTrees) {
    const uint32_t left = view.header->num_trees - first;
    const uint32_t count = left < kTurnTrees ? left : kTurnTrees;
    uint32_t leaves[kTurnTrees];
    find_leaves(forest, of_row, first, count, leaves);
    add_leaves(view, forest, first, leaves, count, out);
  }
}

/// False where the slots of a column differ.
bool fill_columns(const ForestView& view, const ValueForest& forest, const double* values,
                  float* columns) {
  const uint32_t num_slots = view.header->num_slots;
  const auto value_of = [&](uint32_t slot) {
    return static_cast<float>(values[uint64_t{slot + 1} * kChains]);
  };
  for (uint32_t i = 0; i < num_slots; ++i) columns[forest.columns[i]] = value_of(i);
  if (num_slots == forest.num_columns) return true;
  uint32_t differ = 0;
  for (uint32_t i = 0; i < num_slots; ++i) {
    differ |= __builtin_bit_cast(uint32_t, columns[forest.columns[i]]) ^
              __builtin_bit_cast(uint32_t, value_of(i));
  }
  return differ == 0;
}

bool walk(const ForestView& view, const ValueForest& forest, const double* values,
          double* out) noexcept {
  alignas(64) float columns[kMaxClusterColumns] = {};
  if (!fill_columns(view, forest, values, columns)) return false;
  if (forest.looks_up_bytes) {
    walk_row<RowBytes>(view, forest, columns, out);
  } else if (forest.num_columns > kMaxClusterColumns / 2) {
    walk_row<RowValues<true>>(view, forest, columns, out);
  } else {
    walk_row<RowValues<false>>(view, forest, columns, out);
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

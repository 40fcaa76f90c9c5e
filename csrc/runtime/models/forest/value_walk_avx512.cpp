// Three levels to a step for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
#include "runtime/models/forest/value_walk.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>

#include "runtime/models/forest/slot_values.hpp"

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

/// In a cluster, the place of the exit for a row that the nodes in the mask send right. The eighth
/// bit is of no node.
struct ExitTable {
  uint8_t places[1u << 8];
};
constexpr ExitTable kExits = [] {
  ExitTable table{};
  for (uint32_t mask = 0; mask < 1u << 8; ++mask) {
    uint32_t node = 0;
    for (uint32_t level = 0; level < 3; ++level) node = 2 * node + 1 + (mask >> node & 1);
    table.places[mask] = static_cast<uint8_t>((node - kValueClusterNodes) * kExitBytes);
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
  const uint32_t right =
      _cvtmask8_u32(_mm256_cmp_ps_mask(found, _mm256_load_ps(cluster.thresholds), _CMP_NLE_UQ));
  uint32_t exit;
  __builtin_memcpy(&exit, cluster.exits + kExits.places[right], sizeof(exit));
  return exit & ((1u << 8 * kExitBytes) - 1);
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

template <bool kMany>
void walk_row(const ForestView& view, const ValueForest& forest, const float* values, double* out) {
  const RowValues<kMany> of_row(values);
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
  if (forest.num_columns > kMaxClusterColumns / 2) {
    walk_row<true>(view, forest, columns, out);
  } else {
    walk_row<false>(view, forest, columns, out);
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

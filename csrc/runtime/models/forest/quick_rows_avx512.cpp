// A few rows through small trees, 16 side by side, for x86-64-v4 CPUs; empty elsewhere. The file's
// name sets its compiler flags.
#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

#include "runtime/models/forest/ranks.inc"
#include "runtime/models/forest/row_values.inc"
// They call what stands above.
#include "runtime/models/forest/gathered_cells.inc"
#include "runtime/models/forest/searched_ranks.inc"

constexpr uint32_t kRows = 16;   // masks of a register
constexpr uint32_t kTrees = 16;  // whose masks are in registers
static_assert(kQuickTrees % kTrees == 0);

/// Both ranks of every column, of up to kRows rows.
template <class T>
void fill_ranks(const SlicedJob& job, const Strided<T>& features, uint32_t num_rows,
                uint8_t (*ranks)[kRows]) {
  for (uint32_t number = 0; number < job.view.header->num_columns; ++number) {
    const SlicedColumn& column = job.view.columns[number];
    const double* thresholds = job.view.thresholds + column.first_threshold;
    alignas(64) T values[kRows];
    for (uint32_t row = 0; row < num_rows; ++row) values[row] = features.at(row, column.feature);
    uint8_t* below = ranks[2 * number];
    uint8_t* above = ranks[2 * number + 1];
    if (takes_cells(column, num_rows)) {
      rank_few(job.view, column, values, job.round, num_rows, below, above);
    } else if constexpr (sizeof(T) == sizeof(float)) {
      rank_column(column, thresholds, FloatValues{values}, num_rows, below, above);
    } else if (job.round) {
      rank_column(column, thresholds, NearestValues{values}, num_rows, below, above);
    } else {
      rank_column(column, thresholds, DoubleValues{values}, num_rows, below, above);
    }
  }
}

/// Of each row, the numbers of its leaves in the trees from `first_tree` on.
inline void find_leaves(const QuickView& quick, uint32_t first_tree, const uint8_t (*ranks)[kRows],
                        __m512i (&leaves)[kTrees]) {
  __m512i staying[kTrees];
#pragma GCC unroll 16
  for (uint32_t t = 0; t < kTrees; ++t) staying[t] = _mm512_set1_epi32(-1);
  for (uint32_t k = 0; k < quick.num_steps; ++k) {
    const uint64_t at = uint64_t{k} * quick.num_trees + first_tree;
#pragma GCC unroll 16
    for (uint32_t t = 0; t < kTrees; ++t) {
      const auto* row = reinterpret_cast<const __m128i*>(ranks[quick.rows[at + t]]);
      const __m128i limit = _mm_set1_epi8(static_cast<char>(quick.ranks[at + t]));
      const __mmask16 right = _mm_cmpgt_epu8_mask(_mm_load_si128(row), limit);
      staying[t] =
          _mm512_mask_and_epi32(staying[t], right, staying[t],
                                _mm512_set1_epi32(static_cast<int32_t>(quick.masks[at + t])));
    }
  }
  const __m512i last = _mm512_set1_epi32(31), zero = _mm512_setzero_si512();
#pragma GCC unroll 16
  for (uint32_t t = 0; t < kTrees; ++t) {
    const __m512i lowest = _mm512_and_si512(staying[t], _mm512_sub_epi32(zero, staying[t]));
    leaves[t] = _mm512_sub_epi32(last, _mm512_lzcnt_epi32(lowest));
  }
}

/// Values of the leaves of a tree, for eight rows.
inline __m512d values_of(const __m512d (&table)[4], __m256i leaves) {
  const __m512i at = _mm512_cvtepu32_epi64(leaves);
  const __mmask8 upper = _mm512_test_epi64_mask(at, _mm512_set1_epi64(16));
  return _mm512_mask_blend_pd(upper, _mm512_permutex2var_pd(table[0], at, table[1]),
                              _mm512_permutex2var_pd(table[2], at, table[3]));
}

/// The sums of an output, in the type of the sums.
template <class Sum>
struct Sums;
template <>
struct Sums<double> {
  __m512d low, high;
  explicit Sums(double base) : low(_mm512_set1_pd(base)), high(low) {}
  void add(__m512d first, __m512d second) {
    low = _mm512_add_pd(low, first);
    high = _mm512_add_pd(high, second);
  }
  void store(double* to) const {
    _mm512_store_pd(to, low);
    _mm512_store_pd(to + 8, high);
  }
};
template <>
struct Sums<float> {
  __m256 low, high;
  explicit Sums(double base) : low(_mm256_set1_ps(static_cast<float>(base))), high(low) {}
  void add(__m512d first, __m512d second) {
    low = _mm256_add_ps(low, _mm512_cvtpd_ps(first));
    high = _mm256_add_ps(high, _mm512_cvtpd_ps(second));
  }
  void store(double* to) const {
    _mm512_store_pd(to, _mm512_cvtps_pd(low));
    _mm512_store_pd(to + 8, _mm512_cvtps_pd(high));
  }
};

/// Scores of up to kRows rows, from their ranks.
template <class Sum>
void add_trees(const SlicedJob& job, const uint8_t (*ranks)[kRows], uint32_t num_rows,
               double* out) {
  const QuickView& quick = job.view.quick;
  const uint32_t width = job.num_outputs;
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < width; ++i) out[row * width + i] = job.bases[i];
  }
  Sums<Sum> only(job.bases[0]);
  alignas(64) double numbers[kRows];
  for (uint32_t first = 0; first < job.num_trees; first += kTrees) {
    alignas(64) __m512i leaves[kTrees];
    find_leaves(quick, first, ranks, leaves);
    const uint32_t left = job.num_trees - first;
    const uint32_t count = left < kTrees ? left : kTrees;
    for (uint32_t t = 0; t < count; ++t) {
      const double* values = quick.leaves + uint64_t{first + t} * kQuickLeaves;
      const __m512d table[4] = {_mm512_loadu_pd(values), _mm512_loadu_pd(values + 8),
                                _mm512_loadu_pd(values + 16), _mm512_loadu_pd(values + 24)};
      const __m512d low = values_of(table, _mm512_castsi512_si256(leaves[t]));
      const __m512d high = values_of(table, _mm512_extracti64x4_epi64(leaves[t], 1));
      if (width == 1) {
        only.add(low, high);
        continue;
      }
      _mm512_store_pd(numbers, low);
      _mm512_store_pd(numbers + 8, high);
      double* sums = out + job.view.trees[first + t].output;
      for (uint32_t row = 0; row < num_rows; ++row) {
        sums[row * width] = static_cast<Sum>(sums[row * width]) + static_cast<Sum>(numbers[row]);
      }
    }
  }
  if (width != 1) return;
  only.store(numbers);
  for (uint32_t row = 0; row < num_rows; ++row) out[row] = numbers[row];
}

void predict(const SlicedJob& job, double* out) noexcept {
  alignas(64) uint8_t ranks[kMaxQuickRows][kRows] = {};
  const uint32_t num_rows = job.features.num_rows;
  for (uint32_t first = 0; first < num_rows; first += kRows) {
    const uint32_t count = num_rows - first < kRows ? num_rows - first : kRows;
    if (job.features.narrow != nullptr) {
      fill_ranks(job, narrow_of(job.features).from(first, 0), count, ranks);
    } else {
      fill_ranks(job, wide_of(job.features).from(first, 0), count, ranks);
    }
    double* to = out + uint64_t{first} * job.num_outputs;
    if (job.float_sums) {
      add_trees<float>(job, ranks, count, to);
    } else {
      add_trees<double>(job, ranks, count, to);
    }
  }
}

}  // namespace

PredictQuick quick_rows_avx512() noexcept { return &predict; }

}  // namespace mainspring

#else

namespace mainspring {
PredictQuick quick_rows_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

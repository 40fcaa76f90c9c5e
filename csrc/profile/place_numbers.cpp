// Places numbers in cells at the width of each instruction set; the cells are the same everywhere.
#include "profile/place_numbers.hpp"

#include <bit>

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

namespace {

constexpr uint32_t kAhead = 2 * kNumberBlock;
typedef double Numbers __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t Integers __attribute__((vector_size(64)));
typedef uint64_t Bits __attribute__((vector_size(64)));
typedef uint16_t Cells __attribute__((vector_size(16), aligned(2), may_alias));

// A distance plus the scale, read as an integer: its logarithm, by straight lines between powers
// of two. Below the scale it is the distance itself.
[[gnu::always_inline]] inline void place(PlaceJob* job) {
  const Numbers zero = {};
  const Numbers center = zero + job->center, scale = zero + job->scale;
  const Numbers reach_below = zero + job->reach_below, reach_above = zero + job->reach_above;
  const Bits start = Bits{} + std::bit_cast<uint64_t>(job->scale);
  const Bits num_below = Bits{} + job->below;
  Numbers least = zero + job->min, most = zero + job->max;
  Integers nans = {};
  for (uint32_t i = 0; i < job->num_values; i += kNumbersAtOnce) {
    // What comes behind the next block: counting in between would let memory rest.
    __builtin_prefetch(job->values + i + kAhead);
    const Numbers value = *reinterpret_cast<const Numbers*>(job->values + i);
    least = value < least ? value : least;
    most = value > most ? value : most;
    nans += value != value;  // -1 for each
    const Numbers away = value - center;
    const Integers below = away < zero;
    Numbers distance = away < zero ? -away : away;
    distance = distance > zero ? distance : zero;  // NaN too
    const Numbers reach = below ? reach_below : reach_above;
    distance = distance < reach ? distance : reach;
    const Numbers sum = distance + scale;
    const Bits steps = (reinterpret_cast<Bits>(sum) - start) >> job->shift;
    const Bits cell = num_below + (steps ^ reinterpret_cast<Bits>(below));
    *reinterpret_cast<Cells*>(job->cells + i) = __builtin_convertvector(cell, Cells);
  }
  for (uint32_t lane = 0; lane < kNumbersAtOnce; ++lane) {
    job->min = least[lane] < job->min ? least[lane] : job->min;
    job->max = most[lane] > job->max ? most[lane] : job->max;
    job->nans += static_cast<uint64_t>(-nans[lane]);
  }
}

// What is placed is counted eight rounds later: placing takes a CPU's vectors, counting its loads
// and stores, and neither then waits for the other. By then cells have left the queue of stores,
// from which single ones of eight are slow to read (two rounds: 0.74 ns a value on Zen 4, eight:
// 0.58).
template <bool kIntegers>
[[gnu::always_inline]] inline void count_cells(CellJob* job) {
  constexpr uint32_t kBehind = 8 * kNumbersAtOnce;
  constexpr double kInfinite = __builtin_inf();
  const double* const values = job->values;
  const uint32_t num_values = job->num_values;
  const uint16_t* const bins = job->bins;
  uint16_t *const first = job->tables[0], *const second = job->tables[1];
  uint16_t *const third = job->tables[2], *const fourth = job->tables[3];
  const uint32_t shift = job->shift;
  const Numbers zero = {};
  const Numbers low = zero + job->low, high = zero + job->high, scale = zero + job->scale;
  const Numbers center = job->center - zero;  // -0.0 stays
  const Bits start = Bits{} + std::bit_cast<uint64_t>(job->scale);
  const Bits num_below = Bits{} + job->below;
  Numbers least = zero + kInfinite, most = zero - kInfinite, sum_of_all = zero;
  Integers fractions = {};
  alignas(64) uint16_t cells[kNumberBlock];
  const auto count = [&](uint32_t i) __attribute__((always_inline)) {
    const uint32_t found[] = {bins[cells[i]],     bins[cells[i + 1]], bins[cells[i + 2]],
                              bins[cells[i + 3]], bins[cells[i + 4]], bins[cells[i + 5]],
                              bins[cells[i + 6]], bins[cells[i + 7]]};
    ++first[found[0]];
    ++second[found[1]];
    ++third[found[2]];
    ++fourth[found[3]];
    ++first[found[4]];
    ++second[found[5]];
    ++third[found[6]];
    ++fourth[found[7]];
  };
  uint32_t i = 0;
  for (; i < num_values; i += kNumbersAtOnce) {
    __builtin_prefetch(values + i + kAhead, 0, 2);
    const Numbers value = *reinterpret_cast<const Numbers*>(values + i);
    least = value < least ? value : least;
    most = value > most ? value : most;
    sum_of_all += value;                         // no number where one of them is none
    Numbers within = value > low ? value : low;  // NaN: low
    within = within < high ? within : high;
    if constexpr (kIntegers) {
      const Integers whole = __builtin_convertvector(within - low, Integers);
      fractions |= __builtin_convertvector(whole, Numbers) + low != within;
      *reinterpret_cast<Cells*>(cells + i) = __builtin_convertvector(whole, Cells);
    } else {
      const Numbers away = within - center;
      const Integers below = reinterpret_cast<Integers>(away) >> 63;
      const Numbers distance =
          reinterpret_cast<Numbers>(reinterpret_cast<Integers>(away) & (Integers{} + INT64_MAX));
      const Numbers sum = distance + scale;
      const Bits steps = (reinterpret_cast<Bits>(sum) - start) >> shift;
      const Bits cell = num_below + (steps ^ reinterpret_cast<Bits>(below));
      *reinterpret_cast<Cells*>(cells + i) = __builtin_convertvector(cell, Cells);
    }
    if (i >= kBehind) count(i - kBehind);
  }
  for (i = num_values < kBehind ? 0 : num_values - kBehind; i < num_values; i += kNumbersAtOnce) {
    count(i);
  }
  job->min = kInfinite;
  job->max = -kInfinite;
  bool any_nan = false;
  job->fractions = false;
  for (uint32_t lane = 0; lane < kNumbersAtOnce; ++lane) {
    job->min = least[lane] < job->min ? least[lane] : job->min;
    job->max = most[lane] > job->max ? most[lane] : job->max;
    any_nan |= sum_of_all[lane] != sum_of_all[lane];
    job->fractions |= fractions[lane] != 0;
  }
  job->nans = 0;
  if (!any_nan) return;
  Integers nans = {};
  for (i = 0; i < num_values; i += kNumbersAtOnce) {
    const Numbers value = *reinterpret_cast<const Numbers*>(values + i);
    nans += value != value;  // -1 for each
  }
  for (uint32_t lane = 0; lane < kNumbersAtOnce; ++lane) {
    job->nans += static_cast<uint64_t>(-nans[lane]);
  }
}

void place_baseline(PlaceJob* job) { place(job); }
void count_cells_baseline(CellJob* job) { count_cells<false>(job); }
void count_integers_baseline(CellJob* job) { count_cells<true>(job); }
#if defined(__x86_64__)
__attribute__((target("avx2"))) void place_avx2(PlaceJob* job) { place(job); }
__attribute__((target("avx2"))) void count_cells_avx2(CellJob* job) { count_cells<false>(job); }
__attribute__((target("avx2"))) void count_integers_avx2(CellJob* job) { count_cells<true>(job); }
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))) void place_avx512(PlaceJob* job) {
  place(job);
}
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))) void count_cells_avx512(
    CellJob* job) {
  count_cells<false>(job);
}
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))) void count_integers_avx512(
    CellJob* job) {
  count_cells<true>(job);
}
#endif

}  // namespace

Place place_of(IsaLevel level) {
#if defined(__x86_64__)
  if (level == IsaLevel::kAvx512) return &place_avx512;
  if (level == IsaLevel::kAvx2) return &place_avx2;
#endif
  (void)level;
  return &place_baseline;
}

CountCells count_cells_of(IsaLevel level) {
#if defined(__x86_64__)
  if (level == IsaLevel::kAvx512) return &count_cells_avx512;
  if (level == IsaLevel::kAvx2) return &count_cells_avx2;
#endif
  (void)level;
  return &count_cells_baseline;
}

CountCells count_integers_of(IsaLevel level) {
#if defined(__x86_64__)
  if (level == IsaLevel::kAvx512) return &count_integers_avx512;
  if (level == IsaLevel::kAvx2) return &count_integers_avx2;
#endif
  (void)level;
  return &count_integers_baseline;
}

}  // namespace mainspring

// The same sums at the width of each instruction set.
#include "measure/drift/moment_sums.hpp"

#include <limits>

#include "host/bundle_image.hpp"

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

namespace {

typedef double EightNumbers __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t EightMasks __attribute__((vector_size(64)));

EightNumbers* numbers_at(std::array<double, 8>* lanes) {
  return reinterpret_cast<EightNumbers*>(lanes->data());
}

[[gnu::always_inline]] inline void add_all_eights(const double* values, uint64_t num_values,
                                                  double center, MomentSums* sums) {
  const EightNumbers zero = {};
  const EightNumbers largest = zero + std::numeric_limits<double>::max();
  const EightMasks size = EightMasks{} + INT64_MAX;
  EightNumbers count = *numbers_at(&sums->count), sum = *numbers_at(&sums->sum);
  EightNumbers squares = *numbers_at(&sums->squares);
  for (uint64_t i = 0; i < num_values; i += 8) {
    const EightNumbers value = *reinterpret_cast<const EightNumbers*>(values + i);
    const EightMasks finite =
        reinterpret_cast<EightNumbers>(reinterpret_cast<EightMasks>(value) & size) <= largest;
    const EightNumbers away = finite ? value - center : zero;
    count += finite ? zero + 1.0 : zero;
    sum += away;
    squares += away * away;
  }
  *numbers_at(&sums->count) = count;
  *numbers_at(&sums->sum) = sum;
  *numbers_at(&sums->squares) = squares;
}

void add_baseline(const double* values, uint64_t count, double center, MomentSums* sums) {
  add_all_eights(values, count, center, sums);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) void add_avx2(const double* values, uint64_t count, double center,
                                              MomentSums* sums) {
  add_all_eights(values, count, center, sums);
}
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))) void add_avx512(const double* values,
                                                                              uint64_t count,
                                                                              double center,
                                                                              MomentSums* sums) {
  add_all_eights(values, count, center, sums);
}
#endif

}  // namespace

void MomentSums::add_eights(const double* values, uint64_t count, double center) {
#if defined(__x86_64__)
  const IsaLevel level = process_kernels().level;
  if (level == IsaLevel::kAvx512) return add_avx512(values, count, center, this);
  if (level == IsaLevel::kAvx2) return add_avx2(values, count, center, this);
#endif
  add_baseline(values, count, center, this);
}

}  // namespace mainspring

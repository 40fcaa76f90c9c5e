// Contributions of features for x86-64-v3 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
#include "runtime/models/forest/explain.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mainspring {

namespace {

constexpr uint32_t kLanes = 4;
typedef int64_t Places __attribute__((vector_size(kLanes * 8)));
constexpr Places kPlaces = {1, 2, 4, 8};

inline uint64_t bits_at_most(const double* values, double threshold) {
  const __m256d limit = _mm256_set1_pd(threshold);
  const int low = _mm256_movemask_pd(_mm256_cmp_pd(_mm256_load_pd(values), limit, _CMP_LE_OQ));
  const int high = _mm256_movemask_pd(_mm256_cmp_pd(_mm256_load_pd(values + 4), limit, _CMP_LE_OQ));
  return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << 4;
}

#include "runtime/models/forest/explain.inc"

}  // namespace

ExplainTree explain_avx2() noexcept { return &explain_tree; }

}  // namespace mainspring

#else

namespace mainspring {
ExplainTree explain_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif

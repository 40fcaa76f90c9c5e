// Contributions of features for x86-64-v4 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
#include "runtime/models/forest/explain.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

// GCC's own headers begin a register with "x = x" to say that its value does not matter, and GCC 12
// warns of it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace mainspring {

namespace {

constexpr uint32_t kLanes = 8;
typedef int64_t Places __attribute__((vector_size(kLanes * 8)));
constexpr Places kPlaces = {1, 2, 4, 8, 16, 32, 64, 128};

inline uint64_t bits_at_most(const double* values, double threshold) {
  return _mm512_cmp_pd_mask(_mm512_load_pd(values), _mm512_set1_pd(threshold), _CMP_LE_OQ);
}

#include "runtime/models/forest/explain.inc"

}  // namespace

ExplainTree explain_avx512() noexcept { return &explain_tree; }

}  // namespace mainspring

#else

namespace mainspring {
ExplainTree explain_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif

// Chooses between numbers and NaN by bits, eight at a time.
#include "profile/copy_present.hpp"

#include <limits>

#include "host/bundle_image.hpp"

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

namespace {

typedef double EightNumbers __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t EightBits __attribute__((vector_size(64)));
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

[[gnu::always_inline]] inline void copy_all(const double* numbers, const uint64_t* valid,
                                            uint32_t num_numbers, double* copy) {
  constexpr uint32_t kAhead = 1024;
  const EightNumbers missing = EightNumbers{} + kMissing;
  const EightBits bit_of = {1, 2, 4, 8, 16, 32, 64, 128};
  uint32_t i = 0;
  for (; i + 8 <= num_numbers; i += 8) {
    __builtin_prefetch(numbers + i + kAhead, 0, 2);
    const EightBits bits = EightBits{} + static_cast<int64_t>(valid[i / 64] >> (i % 64) & 0xFF);
    const EightBits present = (bits & bit_of) != EightBits{};
    const EightNumbers eight = *reinterpret_cast<const EightNumbers*>(numbers + i);
    *reinterpret_cast<EightNumbers*>(copy + i) = present ? eight : missing;
  }
  for (; i < num_numbers; ++i)
    copy[i] = (valid[i / 64] >> (i % 64) & 1) != 0 ? numbers[i] : kMissing;
}

void copy_baseline(const double* numbers, const uint64_t* valid, uint32_t count, double* copy) {
  copy_all(numbers, valid, count, copy);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) void copy_avx2(const double* numbers, const uint64_t* valid,
                                               uint32_t count, double* copy) {
  copy_all(numbers, valid, count, copy);
}
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))) void copy_avx512(
    const double* numbers, const uint64_t* valid, uint32_t count, double* copy) {
  copy_all(numbers, valid, count, copy);
}
#endif

}  // namespace

void copy_present(const double* numbers, const uint64_t* valid, uint32_t num_numbers,
                  double* copy) {
#if defined(__x86_64__)
  const IsaLevel level = process_kernels().level;
  if (level == IsaLevel::kAvx512) return copy_avx512(numbers, valid, num_numbers, copy);
  if (level == IsaLevel::kAvx2) return copy_avx2(numbers, valid, num_numbers, copy);
#endif
  copy_baseline(numbers, valid, num_numbers, copy);
}

}  // namespace mainspring

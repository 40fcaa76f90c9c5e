// The p-value of the two-sample Kolmogorov-Smirnov test.
#pragma once
#include <cstdint>

namespace mainspring {

/// Up to this many values in the larger sample the law is exact.
inline constexpr uint64_t kMaxExactSample = 10000;

/// P(D >= d) for two samples of sizes n and m > 0 from one continuous law. Exact for max(n, m) <=
/// kMaxExactSample, unless it is certainly below 1e-15; otherwise that of one sample of
/// round(n m / (n + m)) values.
double ks_two_sample_p(uint64_t n, uint64_t m, double d);

}  // namespace mainspring

// The p-value of the two-sample Kolmogorov-Smirnov test, exact for small samples.
#include "measure/drift/ks_two_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "measure/drift/ks_one_sample.hpp"

namespace mainspring {

namespace {

// Equal sizes: paths that leave a strip, by reflection (Gnedenko and Korolyuk 1951), as nested
// products.
double equal_sizes(uint64_t n, uint64_t h) {
  double p = 1;
  for (auto k = static_cast<int64_t>(n / h); k >= 0; --k) {
    double ratio = 1;
    const double moved = static_cast<double>(k) * static_cast<double>(h);
    for (uint64_t j = 0; j < h; ++j) {
      const auto step = static_cast<double>(j);
      ratio *=
          (static_cast<double>(n) - moved - step) / (static_cast<double>(n) + moved + step + 1);
    }
    p = ratio * (1 - p);
  }
  return 2 * p;
}

// The share of lattice paths from (0, 0) to (x, y) that touch or leave the strip
// |x / n - y / m| < d, by the recursion of J. L. Hodges (1958, doi:10.1007/BF02589501). All terms
// are positive, so tiny shares keep their digits. Runs along antidiagonals x + y = s, whose cells
// depend only on the one before.
double any_sizes(uint64_t n, uint64_t m, uint64_t h) {
  const uint64_t divisor = std::gcd(n, m);
  const auto n_step = static_cast<int64_t>(n / divisor);
  const auto m_step = static_cast<int64_t>(m / divisor);
  const int64_t both = n_step + m_step;
  const auto width = static_cast<int64_t>(h);
  // Index 0 stands for x = -1, whose weight is 0. Cells outside the strip are 1.
  std::vector<double> before(n + 2, 1.0), now(n + 2, 1.0), x_value(n + 2);
  for (uint64_t x = 0; x <= n; ++x) x_value[x + 1] = static_cast<double>(x);
  before[1] = 0;
  int64_t last_low = 0;
  for (int64_t s = 1; s <= static_cast<int64_t>(n + m); ++s) {
    // |x * m_step - (s - x) * n_step| < h
    const int64_t above = s * n_step - width;  // x * both must exceed it
    const int64_t below = s * n_step + width;  // and stay under this
    int64_t low = above < 0 ? 0 : above / both + 1;
    int64_t high = (below - 1) / both;
    low = std::max(low, s - static_cast<int64_t>(m));
    high = std::min({high, s, static_cast<int64_t>(n)});
    const double total = static_cast<double>(s);
    const double inverse = 1 / total;
    for (int64_t x = last_low; x < low; ++x) now[static_cast<size_t>(x) + 1] = 1;
    for (int64_t x = low; x <= high; ++x) {
      const auto at = static_cast<size_t>(x) + 1;
      now[at] = (before[at - 1] * x_value[at] + before[at] * (total - x_value[at])) * inverse;
    }
    last_low = std::max<int64_t>(0, low - 1);
    std::swap(before, now);
  }
  return before[n + 1];
}

}  // namespace

double ks_two_sample_p(uint64_t n, uint64_t m, double d) {
  const double pairs = static_cast<double>(n) * static_cast<double>(m);
  const double effective = pairs / static_cast<double>(n + m);
  // P(D >= d) <= e exp(-2 d^2 n m / (n + m)) for all sizes (Wei and Dudley 2012,
  // doi:10.1016/j.spl.2011.11.012): where that is below 1e-15, digits are of no use to anybody.
  const bool certain = 2 * d * d * effective > 36;
  if (std::max(n, m) <= kMaxExactSample && !certain) {
    const uint64_t multiple = n / std::gcd(n, m) * m;
    const auto h = static_cast<uint64_t>(std::llround(d * static_cast<double>(multiple)));
    if (h == 0) return 1;
    const double p = n == m ? equal_sizes(n, static_cast<uint64_t>(h)) : any_sizes(n, m, h);
    return std::clamp(p, 0.0, 1.0);
  }
  return ks_one_sample_tail(static_cast<uint64_t>(std::nearbyint(effective)), d);
}

}  // namespace mainspring

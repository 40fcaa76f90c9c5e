// The random numbers of tests: the same for the same seed, everywhere.
#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace mainspring {

using Random = std::mt19937_64;

/// From 0 to limit - 1; limit is not 0.
inline uint64_t below(Random& random, uint64_t limit) { return random() % limit; }

/// True one time in `times`.
inline bool one_in(Random& random, uint64_t times) { return below(random, times) == 0; }

/// Doubles of all sizes and signs, subnormal ones and large ones among them.
inline std::vector<double> wild_values(Random& random, size_t count, int spread) {
  std::uniform_int_distribution<int> exponent(-spread, spread);
  std::uniform_real_distribution<double> mantissa(-1, 1);
  std::vector<double> values(count);
  for (double& value : values) value = std::ldexp(mantissa(random), exponent(random));
  return values;
}

}  // namespace mainspring

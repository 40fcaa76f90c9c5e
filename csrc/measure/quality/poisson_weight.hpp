// Weights of a resample: each row as often as Poisson's law of mean 1 says.
#pragma once
#include <array>
#include <cstdint>

namespace mainspring {

/// A number in [0, 1) of 64 random bits.
inline double uniform_of(uint64_t random) { return static_cast<double>(random >> 11) * 0x1p-53; }

/// Poisson's law of mean 1: the number of thresholds that a uniform number reaches.
inline double poisson_weight(uint64_t random) {
  constexpr std::array<double, 12> kReached{
      0.36787944117144233, 0.73575888234288467, 0.91969860292860584, 0.98101184312384626,
      0.99634015317265634, 0.99940581518241833, 0.99991675885071199, 0.99998975080332542,
      0.99999887479740204, 0.99999988857452171, 0.99999998995223368, 0.99999999916838923};
  const double uniform = uniform_of(random);
  double weight = 0;
  for (const double threshold : kReached) weight += uniform >= threshold ? 1 : 0;
  return weight;
}

}  // namespace mainspring

// The random numbers of tests: the same for the same seed, everywhere.
#pragma once
#include <cstdint>
#include <random>

namespace mainspring {

using Random = std::mt19937_64;

/// From 0 to limit - 1; limit is not 0.
inline uint64_t below(Random& random, uint64_t limit) { return random() % limit; }

/// True one time in `times`.
inline bool one_in(Random& random, uint64_t times) { return below(random, times) == 0; }

}  // namespace mainspring

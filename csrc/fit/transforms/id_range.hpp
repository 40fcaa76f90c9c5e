// How many ids a feature may have: float32 holds integers exactly up to 2^24.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint64_t kMaxIds = uint64_t{1} << 24;

}  // namespace mainspring

// What the step strip and those who fill its record agree on.
#pragma once
#include <cstdint>

namespace mainspring {

/// Bits of integers[0].
inline constexpr uint64_t kStripStart = 1;
inline constexpr uint64_t kStripEnd = 2;

/// The payload begins with one bit for each ASCII character.
inline constexpr uint64_t kAsciiSetBytes = 16;

}  // namespace mainspring

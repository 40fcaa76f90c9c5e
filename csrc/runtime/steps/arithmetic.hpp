// What the step for sums, differences, products and quotients is told in its record.
#pragma once
#include <cstdint>

namespace mainspring {

enum class ArithmeticCode : uint8_t { kAdd = 1, kSubtract = 2, kMultiply = 3, kDivide = 4 };

/// integers[1] of a record with one input: which place its number takes.
inline constexpr uint64_t kNumberSecond = 1;
inline constexpr uint64_t kNumberFirst = 2;

}  // namespace mainspring

// What a loss says of a model's outputs: numbers, or classes.
#pragma once
#include <cstdint>

namespace mainspring {

enum class Classes : uint8_t { kNone, kTwo, kMany };

}  // namespace mainspring

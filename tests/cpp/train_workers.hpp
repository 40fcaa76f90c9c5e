// Workers and numbers for tests of training: one thread that goes forwards, or backwards as many
// would, and draws that are the same everywhere.
#pragma once
#include <cstdint>
#include <functional>

#include "train/workers.hpp"

namespace mainspring::train {

inline const Workers kAlone{
    [](uint64_t count, const std::function<void(uint64_t, uint32_t)>& body) {
      for (uint64_t i = 0; i < count; ++i) body(i, 0);
    },
    1};
// As many workers would: the last item first, each with another's scratch.
inline const Workers kBackwards{
    [](uint64_t count, const std::function<void(uint64_t, uint32_t)>& body) {
      for (uint64_t i = count; i-- > 0;) body(i, static_cast<uint32_t>(i % 3));
    },
    3};

inline uint64_t draw_state = 1;

/// From -1 to 1 (exclusive).
inline float draw() {
  draw_state = draw_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<float>(static_cast<int64_t>(draw_state >> 33)) / 1073741824.0F - 1.0F;
}

}  // namespace mainspring::train

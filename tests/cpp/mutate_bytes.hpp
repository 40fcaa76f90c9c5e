// Changes to bytes whose meaning is not known: bits, bytes, words and stretches.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <vector>

#include "random.hpp"

namespace mainspring {

inline void put_word(std::vector<uint8_t>& bytes, uint64_t at, uint64_t value, uint64_t width) {
  if (width > bytes.size()) return;
  std::memcpy(bytes.data() + std::min<uint64_t>(at, bytes.size() - width), &value, width);
}

inline uint64_t get_word(const std::vector<uint8_t>& bytes, uint64_t at, uint64_t width) {
  uint64_t value = 0;
  if (width <= bytes.size()) {
    std::memcpy(&value, bytes.data() + std::min<uint64_t>(at, bytes.size() - width), width);
  }
  return value;
}

/// A number at which things end: of bits, bytes, blocks and types.
inline uint64_t boundary_value(Random& random) {
  constexpr uint64_t kValues[] = {
      0,        1,          2,          3,          63,           64,
      65,       255,        256,        4095,       65535,        1u << 20,
      1u << 24, 0x7fffffff, 0x80000000, 0xffffffff, ~uint64_t{0}, uint64_t{1} << 63};
  return kValues[below(random, std::size(kValues))];
}

/// A number close to `value`, half or twice it, or a boundary.
inline uint64_t other_value(uint64_t value, Random& random) {
  switch (below(random, 6)) {
    case 0: return value + 1;
    case 1: return value - 1;
    case 2: return value * 2;
    case 3: return value / 2;
    case 4: return value + below(random, 33) - 16;
    default: return boundary_value(random);
  }
}

/// One change in [begin, end), which is not empty. The length stays.
inline void mutate_range(std::vector<uint8_t>& bytes, uint64_t begin, uint64_t end,
                         Random& random) {
  const uint64_t at = begin + below(random, end - begin);
  switch (below(random, 7)) {
    case 0: bytes[at] ^= static_cast<uint8_t>(1u << below(random, 8)); break;
    case 1: bytes[at] = static_cast<uint8_t>(random()); break;
    case 2: put_word(bytes, at & ~uint64_t{1}, boundary_value(random), 2); break;
    case 3: put_word(bytes, at & ~uint64_t{3}, boundary_value(random), 4); break;
    case 4: put_word(bytes, at & ~uint64_t{7}, boundary_value(random), 8); break;
    case 5: {
      const uint64_t where = at & ~uint64_t{3};
      put_word(bytes, where, other_value(get_word(bytes, where, 4), random), 4);
      break;
    }
    default: {
      const uint64_t length = std::min<uint64_t>(1 + below(random, 64), end - at);
      const uint64_t from = begin + below(random, end - begin - length + 1);
      std::memmove(bytes.data() + at, bytes.data() + from, length);
    }
  }
}

}  // namespace mainspring

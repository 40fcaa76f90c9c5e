// Bit-sliced blocks in words of 64 bits, for any CPU.
#include "runtime/core/memory.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kLowBits = 0x0101010101010101u;
constexpr uint64_t kHighBits = 0x8080808080808080u;

/// The lowest bit of each byte to eight bits side by side: the product brings bit 8 i to bit 56 +
/// i.
inline uint64_t gather_bits(uint64_t bytes) { return (bytes * 0x0102040810204080u) >> 56; }

/// Eight comparisons of bytes in one word: the carry of 255 - rank + value says value > rank.
inline uint64_t mask_above(const uint8_t* ranks, uint8_t rank) {
  uint64_t mask = 0;
  const uint64_t addend = kLowBits * static_cast<uint8_t>(255 - rank);
  for (uint32_t i = 0; i < 8; ++i) {
    const uint64_t values = load<uint64_t>(ranks + 8 * i);
    const uint64_t low = (values & ~kHighBits) + (addend & ~kHighBits);
    const uint64_t carry = ((values & addend) | ((values | addend) & low)) & kHighBits;
    mask |= gather_bits(carry >> 7) << (8 * i);
  }
  return mask;
}

/// Bits 0 to 7 to the lowest bits of eight bytes.
inline uint64_t spread_bits(uint64_t byte) {
  const uint64_t chosen = (byte * kLowBits) & 0x8040201008040201u;
  return ((chosen + 0x7F7F7F7F7F7F7F7Fu) & kHighBits) >> 7;
}

inline void spread_planes(const uint64_t* planes, uint32_t stride, uint32_t count,
                          uint16_t* codes) {
  for (uint32_t i = 0; i < 8; ++i) {
    uint64_t low = 0, high = 0;
    for (uint32_t j = 0; j < count; ++j) {
      const uint64_t bits = spread_bits(planes[j * stride] >> (8 * i) & 255);
      if (j < 8) {
        low |= bits << j;
      } else {
        high |= bits << (j - 8);
      }
    }
    for (uint32_t k = 0; k < 8; ++k) {
      codes[8 * i + k] =
          static_cast<uint16_t>((low >> (8 * k) & 255) | (high >> (8 * k) & 255) << 8);
    }
  }
}

#include "runtime/models/forest/cells.inc"
#include "runtime/models/forest/single_leaves.inc"
#include "runtime/models/forest/transpose.inc"
// It calls what stands above.
#include "runtime/models/forest/sliced.inc"

}  // namespace

PredictSliced sliced_baseline() noexcept { return &predict_sliced; }

}  // namespace mainspring

// Arrow bitmaps, 64 bits at a time from any bit offset, without touching a byte outside them.
#pragma once
#include <cstdint>

#include "runtime/core/memory.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Bits [first_bit, first_bit + count) in the low bits of the result; count in 1..64. Reads only
/// the bytes that hold those bits: a bitmap may end at the last byte of a page.
inline uint64_t read_bits(const uint8_t* bitmap, uint64_t first_bit, uint32_t count) noexcept {
  const uint8_t* from = bitmap + (first_bit >> 3);
  const uint32_t shift = static_cast<uint32_t>(first_bit & 7);
  if (count == 64) {
    const uint64_t low = load<uint64_t>(from) >> shift;
    return shift == 0 ? low : low | static_cast<uint64_t>(from[8]) << (64 - shift);
  }
  const uint32_t num_bytes = (shift + count + 7) >> 3;  // up to 9
  uint64_t bits = 0;
  for (uint32_t i = 0; i < num_bytes && i < 8; ++i) bits |= static_cast<uint64_t>(from[i]) << 8 * i;
  bits >>= shift;
  if (num_bytes == 9) bits |= static_cast<uint64_t>(from[8]) << (64 - shift);
  return bits & ((uint64_t{1} << count) - 1);
}

/// Fills all kValidityWords words; bits from num_rows on are 0. A null bitmap is all ones.
inline void read_bitmap(const uint8_t* bitmap, uint64_t first_bit, uint32_t num_rows,
                        uint64_t* words) noexcept {
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    const uint32_t done = word * 64;
    if (bitmap == nullptr || done >= num_rows) {
      words[word] = all_valid_word(num_rows, word);
    } else {
      const uint32_t left = num_rows - done;
      words[word] = read_bits(bitmap, first_bit + done, left < 64 ? left : 64);
    }
  }
}

}  // namespace mainspring

// A short byte string as three words, the form in which the lookup table holds and compares it.
#pragma once
#include <cstdint>

#include "runtime/core/memory.hpp"
#include "runtime/steps/lookup.hpp"

namespace mainspring {

/// Up to 8 bytes, padded with zeros, from `length` bytes at `data`: overlapping loads, none
/// outside.
inline uint64_t load_padded(const uint8_t* data, uint64_t length) {
  if (length >= 8) return load<uint64_t>(data);
  if (length >= 4) {
    return load<uint32_t>(data) | static_cast<uint64_t>(load<uint32_t>(data + length - 4))
                                      << (8 * (length - 4));
  }
  if (length == 0) return 0;
  return data[0] | static_cast<uint64_t>(data[length / 2]) << (8 * (length / 2)) |
         static_cast<uint64_t>(data[length - 1]) << (8 * (length - 1));
}

/// `length` at most kInlineKeyBytes. words: tag, then the bytes, then zeros.
inline void short_key(const uint8_t* data, uint64_t length, uint64_t words[3]) {
  const uint64_t first = load_padded(data, length);
  const uint64_t second = length > 8 ? load_padded(data + 8, length - 8) : 0;
  const uint64_t third = length > 16 ? load_padded(data + 16, length - 16) : 0;
  words[0] = (length + 1) | first << 8;
  words[1] = first >> 56 | second << 8;
  words[2] = second >> 56 | third << 8;
}

}  // namespace mainspring

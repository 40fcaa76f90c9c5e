// What counts as white space in text: the characters that Python's str.strip() takes away.
#pragma once
#include <cstdint>

#include "runtime/core/utf8.hpp"

namespace mainspring {

/// Tab to carriage return, the four separators before the space, the space.
inline constexpr uint64_t kAsciiWhitespace = 0x1f0003e00;
/// The others, ascending: White_Space of Unicode 15 (PropList.txt).
inline constexpr uint32_t kOtherWhitespace[] = {
    0x85,   0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
    0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};

inline bool is_whitespace(uint32_t code) {
  if (code < 128) return code < 64 && ((kAsciiWhitespace >> code) & 1) != 0;
  for (const uint32_t other : kOtherWhitespace) {
    if (code == other) return true;
  }
  return false;
}

/// The first byte in [at, end) that begins no white space.
inline const uint8_t* skip_whitespace(const uint8_t* at, const uint8_t* end) {
  while (at != end) {
    const Character next = character_at(at, end);
    if (next.num_bytes == 0 || !is_whitespace(next.code)) break;
    at += next.num_bytes;
  }
  return at;
}

/// The end of [begin, end) without the white space before it.
inline const uint8_t* drop_whitespace(const uint8_t* begin, const uint8_t* end) {
  while (end != begin) {
    const Character last = character_before(begin, end);
    if (last.num_bytes == 0 || !is_whitespace(last.code)) break;
    end -= last.num_bytes;
  }
  return end;
}

}  // namespace mainspring

// Whether bytes are UTF-8: names in a bundle are handed to people and programs that expect it.
#pragma once
#include <cstdint>

namespace mainspring {

/// The offset of the first byte that does not belong to well-formed UTF-8 (Unicode 15, table 3-7:
/// no overlong forms, no surrogates, nothing above U+10FFFF), or `length` when all of it does.
uint64_t first_bad_utf8(const uint8_t* bytes, uint64_t length) noexcept;

/// Whether [offset, offset + length) begins and ends between characters of a well-formed pool of
/// `pool_length` bytes, and lies inside it.
constexpr bool cuts_no_character(const uint8_t* pool, uint64_t pool_length, uint64_t offset,
                                 uint64_t length) noexcept {
  if (length > pool_length || offset > pool_length - length) return false;
  const uint64_t end = offset + length;
  return (offset == pool_length || (pool[offset] & 0xc0) != 0x80) &&
         (end == pool_length || (pool[end] & 0xc0) != 0x80);
}

/// A character and how many bytes it takes; 0 bytes where there is no well-formed one.
struct Character {
  uint32_t code;
  uint32_t num_bytes;
};
/// The one that begins at `at`, which is before `end`.
Character character_at(const uint8_t* at, const uint8_t* end) noexcept;
/// The one that ends at `end`, which is behind `begin`.
Character character_before(const uint8_t* begin, const uint8_t* end) noexcept;

/// Writes a character (a code point, no surrogate); returns its bytes, at most 4.
constexpr uint32_t write_character(uint32_t code, uint8_t* out) noexcept {
  if (code < 0x80) {
    out[0] = static_cast<uint8_t>(code);
    return 1;
  }
  const uint32_t num_bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (uint32_t i = num_bytes - 1; i > 0; --i, code >>= 6) {
    out[i] = static_cast<uint8_t>(0x80 | (code & 0x3f));
  }
  constexpr uint8_t kLeads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = static_cast<uint8_t>(kLeads[num_bytes] | code);
  return num_bytes;
}

constexpr bool is_character(uint64_t code) noexcept {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

}  // namespace mainspring

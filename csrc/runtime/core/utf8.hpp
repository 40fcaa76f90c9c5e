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

}  // namespace mainspring

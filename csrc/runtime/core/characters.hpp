// What a character of a text is: a letter, a digit, a space ... docs/concepts/text.md says it in
// words. ASCII is looked up; above it a short list names spaces and symbols, and everything else is
// a letter: a table of all of Unicode would be larger than the rest of the runtime.
#pragma once
#include <cstdint>

namespace mainspring {

/// Bits: a character may be several of these, or none (a control).
enum CharacterClass : uint8_t {
  kLetter =
      1,  // a-z, A-Z, above ASCII what is neither space nor symbol, and bytes that are no UTF-8
  kDigit = 2,  // 0-9
  kUpper = 4,  // A-Z
  kLower = 8,  // a-z
  kSpace = 16,
  kPunctuation = 32,  // and symbols
  kWord = 64,         // letters, digits and _
};

namespace character_internal {

struct AsciiClasses {
  uint8_t of[128];
};

constexpr AsciiClasses ascii_classes() {
  AsciiClasses classes{};
  for (uint32_t byte = 0x21; byte < 0x7f; ++byte) classes.of[byte] = kPunctuation;
  for (uint32_t byte = '0'; byte <= '9'; ++byte) classes.of[byte] = kDigit | kWord;
  for (uint32_t byte = 'A'; byte <= 'Z'; ++byte) classes.of[byte] = kLetter | kUpper | kWord;
  for (uint32_t byte = 'a'; byte <= 'z'; ++byte) classes.of[byte] = kLetter | kLower | kWord;
  for (uint32_t byte = 0x09; byte <= 0x0d; ++byte) classes.of[byte] = kSpace;
  for (uint32_t byte = 0x1c; byte <= 0x20; ++byte) classes.of[byte] = kSpace;
  classes.of['_'] = kPunctuation | kWord;
  return classes;
}

inline constexpr AsciiClasses kAsciiClasses = ascii_classes();

}  // namespace character_internal

/// How many bytes a character takes, and what it is.
struct ClassedCharacter {
  uint32_t num_bytes;
  uint8_t classes;
};

/// A character above ASCII; a byte that does not belong to UTF-8 is a character, a letter.
ClassedCharacter wide_character_at(const uint8_t* at, uint64_t room) noexcept;

/// The character at `at`; `room`, the bytes up to the end of the text, is at least 1.
inline ClassedCharacter classed_character_at(const uint8_t* at, uint64_t room) noexcept {
  if (at[0] < 0x80) return {1, character_internal::kAsciiClasses.of[at[0]]};
  return wide_character_at(at, room);
}

/// A-Z become a-z; nothing else changes.
constexpr uint8_t to_lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + ('a' - 'A')) : byte;
}

}  // namespace mainspring

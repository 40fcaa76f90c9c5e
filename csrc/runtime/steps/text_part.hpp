// What of a text can be counted.
#pragma once
#include <cstdint>

namespace mainspring {

/// Stored in bundles, never changes. Of kLetters to kPunctuation, a CharacterClass each
/// (core/characters.hpp), there is a share of the characters too.
enum class TextPart : uint32_t {
  kBytes = 1,
  kCharacters = 2,
  kWords = 3,  // runs of letters, digits and _
  kLetters = 4,
  kDigits = 5,
  kUpper = 6,
  kLower = 7,
  kSpaces = 8,
  kPunctuation = 9,
};

inline constexpr TextPart kFirstTextPart = TextPart::kBytes;
inline constexpr TextPart kLastTextPart = TextPart::kPunctuation;

constexpr bool has_share(TextPart part) { return part >= TextPart::kLetters; }

}  // namespace mainspring

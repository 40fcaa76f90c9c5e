// Characters above ASCII by ranges of code points.
#include "runtime/core/characters.hpp"

#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

struct Range {
  consteval Range(uint32_t from, uint32_t to, uint8_t all_of)
      : first(from), more(static_cast<uint16_t>(to - from)), classes(all_of) {}

  uint32_t first;
  uint16_t more;  // characters behind the first
  uint8_t classes;
};

/// What is no letter, ascending. Python's str.isspace() decides what is a space.
constexpr Range kRanges[] = {
    {0x80, 0x84, 0},
    {0x85, 0x85, kSpace},
    {0x86, 0x9f, 0},
    {0xa0, 0xa0, kSpace},
    {0xa1, 0xa9, kPunctuation},
    {0xab, 0xb1, kPunctuation},
    {0xb4, 0xb4, kPunctuation},
    {0xb6, 0xb8, kPunctuation},
    {0xbb, 0xbb, kPunctuation},
    {0xbf, 0xbf, kPunctuation},
    {0xd7, 0xd7, kPunctuation},
    {0xf7, 0xf7, kPunctuation},
    {0x1680, 0x1680, kSpace},
    {0x2000, 0x200a, kSpace},
    {0x200b, 0x2027, kPunctuation},  // dashes, quotation marks, bullets
    {0x2028, 0x2029, kSpace},
    {0x202a, 0x202e, kPunctuation},
    {0x202f, 0x202f, kSpace},
    {0x2030, 0x205e, kPunctuation},
    {0x205f, 0x205f, kSpace},
    {0x2060, 0x206f, kPunctuation},
    {0x20a0, 0x20cf, kPunctuation},  // currencies
    {0x2190, 0x245f, kPunctuation},  // arrows, mathematics, technical
    {0x2500, 0x2bff, kPunctuation},  // boxes, shapes, dingbats
    {0x2e00, 0x2e7f, kPunctuation},
    {0x3000, 0x3000, kSpace},
    {0x3001, 0x3004, kPunctuation},  // of Chinese, Japanese and Korean
    {0x3008, 0x3020, kPunctuation},
    {0x3030, 0x3030, kPunctuation},
    {0xfe00, 0xfe1f, kPunctuation},
    {0xfe30, 0xfe6f, kPunctuation},
    {0xfeff, 0xfeff, kPunctuation},
    {0xff01, 0xff0f, kPunctuation},  // of full width
    {0xff1a, 0xff20, kPunctuation},
    {0xff3b, 0xff40, kPunctuation},
    {0xff5b, 0xff65, kPunctuation},
    {0xfff9, 0xffff, kPunctuation},
    {0x1f000, 0x1faff, kPunctuation},  // pictures
};

}  // namespace

ClassedCharacter wide_character_at(const uint8_t* at, uint64_t room) noexcept {
  const Character character = character_at(at, at + room);
  if (character.num_bytes == 0) return {1, kLetter | kWord};
  for (const Range& range : kRanges) {
    if (character.code < range.first) break;
    if (character.code - range.first <= range.more) return {character.num_bytes, range.classes};
  }
  return {character.num_bytes, kLetter | kWord};
}

}  // namespace mainspring

// The UTF-8 check against arithmetic: how many strings of n bytes are well-formed is known.
#include <cstdint>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "runtime/core/utf8.hpp"

using mainspring::check;
using mainspring::cuts_no_character;
using mainspring::first_bad_utf8;

namespace {

bool is_utf8(const uint8_t* bytes, uint64_t length) {
  return first_bad_utf8(bytes, length) == length;
}

uint64_t bad_at(std::string_view text) {
  return first_bad_utf8(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Characters of 1, 2 and 3 bytes: code points below 0x80, 0x800 and 0x10000, less the surrogates.
constexpr uint64_t kOne = 0x80;
constexpr uint64_t kTwo = 0x800 - 0x80;
constexpr uint64_t kThree = 0x10000 - 0x800 - 0x800;

void count_short_strings() {
  uint64_t one = 0, two = 0, three = 0;
  uint8_t bytes[3];
  for (uint32_t a = 0; a < 256; ++a) {
    bytes[0] = static_cast<uint8_t>(a);
    one += is_utf8(bytes, 1);
    for (uint32_t b = 0; b < 256; ++b) {
      bytes[1] = static_cast<uint8_t>(b);
      two += is_utf8(bytes, 2);
      for (uint32_t c = 0; c < 256; ++c) {
        bytes[2] = static_cast<uint8_t>(c);
        three += is_utf8(bytes, 3);
      }
    }
  }
  check(one == kOne, "strings of one byte");
  check(two == kOne * kOne + kTwo, "strings of two bytes");
  check(three == kOne * kOne * kOne + 2 * kOne * kTwo + kThree, "strings of three bytes");
}

// Four bytes from 0xf0 on: 16 planes above the first, each 16 x 64 x 64 characters; of the last two
// bytes only the ends of their range and what lies outside.
void count_four_bytes() {
  uint64_t good = 0;
  for (uint32_t a = 0xf0; a < 256; ++a) {
    for (uint32_t b = 0; b < 256; ++b) {
      for (const uint8_t c : {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff}) {
        for (const uint8_t d : {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff}) {
          const uint8_t bytes[] = {static_cast<uint8_t>(a), static_cast<uint8_t>(b), c, d};
          good += is_utf8(bytes, 4);
        }
      }
    }
  }
  check(good == 16 * 16 * 2 * 2, "characters of four bytes");
}

void find_first_bad_byte() {
  check(bad_at("") == 0, "nothing is well-formed");
  check(bad_at("plain text of more than eight bytes") == 35, "ascii");
  check(bad_at("grün und größer als \xf0\x9f\x8c\x8d") == 27, "all of it");
  check(bad_at("12345678\xff") == 8, "behind a word");
  check(bad_at("1234567\xc3") == 7, "cut at the end");
  check(bad_at("\xc3\xbc\xed\xa0\x80 surrogate") == 2, "surrogate");
  check(bad_at("\xc0\x80") == 0, "overlong");
}

void cut_between_characters() {
  const std::string_view text = "aüb";
  const auto* pool = reinterpret_cast<const uint8_t*>(text.data());
  const auto cuts_well = [&](uint64_t offset, uint64_t length) {
    return cuts_no_character(pool, text.size(), offset, length);
  };
  check(cuts_well(0, 4) && cuts_well(0, 1) && cuts_well(1, 2) && cuts_well(4, 0),
        "whole characters");
  check(!cuts_well(0, 2) && !cuts_well(2, 2) && !cuts_well(2, 0), "inside a character");
  check(!cuts_well(0, 5) && !cuts_well(5, 0) && !cuts_well(~uint64_t{0}, 2), "outside");
  check(cuts_no_character(nullptr, 0, 0, 0), "an empty pool");
}

}  // namespace

int main() {
  count_short_strings();
  count_four_bytes();
  find_first_bad_byte();
  cut_between_characters();
  return mainspring::finish();
}

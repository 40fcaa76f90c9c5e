// Four letters to three bytes, strictly: one text for one value.
#include "runtime/json/base64.hpp"

namespace mainspring {
namespace {

int value_of(uint8_t letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  if (letter == '+') return 62;
  return letter == '/' ? 63 : -1;
}

}  // namespace

bool decode_base64(const uint8_t* text, uint64_t length, uint8_t* out,
                   uint64_t* num_bytes) noexcept {
  *num_bytes = 0;
  if (length % 4 != 0) return false;
  uint8_t* to = out;
  for (uint64_t first = 0; first < length; first += 4) {
    uint64_t padding = 0;
    if (first + 4 == length && text[first + 3] == '=') padding = text[first + 2] == '=' ? 2 : 1;
    uint32_t bits = 0;
    for (uint64_t i = 0; i < 4; ++i) {
      const int value = i + padding >= 4 ? 0 : value_of(text[first + i]);
      if (value < 0) return false;
      bits = bits << 6 | static_cast<uint32_t>(value);
    }
    if (padding != 0 && (bits & ((1u << (8 * padding)) - 1)) != 0) return false;
    *to++ = static_cast<uint8_t>(bits >> 16);
    if (padding < 2) *to++ = static_cast<uint8_t>(bits >> 8);
    if (padding < 1) *to++ = static_cast<uint8_t>(bits);
  }
  *num_bytes = static_cast<uint64_t>(to - out);
  return true;
}

}  // namespace mainspring

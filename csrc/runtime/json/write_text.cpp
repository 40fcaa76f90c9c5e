// Quotes around text, escapes inside it.
#include "runtime/json/write_text.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

uint64_t write_json_text(const char* text, uint64_t length, char* out) noexcept {
  constexpr char kHex[] = "0123456789abcdef";
  char* to = out;
  *to++ = '"';
  for (uint64_t i = 0; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte == '"' || byte == '\\') {
      *to++ = '\\';
      *to++ = text[i];
    } else if (byte >= 0x20) {
      *to++ = text[i];
    } else if (byte == '\n') {
      *to++ = '\\';
      *to++ = 'n';
    } else {
      copy_bytes(to, "\\u00", 4);
      to += 4;
      *to++ = kHex[byte >> 4];
      *to++ = kHex[byte & 15];
    }
  }
  *to++ = '"';
  return static_cast<uint64_t>(to - out);
}

}  // namespace mainspring

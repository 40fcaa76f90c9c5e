// JSON strings: found eight bytes at a time, escapes checked where they stand and resolved later.
#include <bit>

#include "runtime/core/memory.hpp"
#include "runtime/json/cursor.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101ull;
constexpr uint64_t kHighs = 0x8080808080808080ull;

/// The high bit of each byte that is zero; bytes above the first one may be marked wrongly.
constexpr uint64_t zero_bytes(uint64_t word) { return (word - kOnes) & ~word & kHighs; }

/// The high bit of the first byte that ends a run of plain text: a quote, a backslash, or less than
/// a space.
constexpr uint64_t special_bytes(uint64_t word) {
  const uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
  return zero_bytes(word ^ kOnes * '"') | zero_bytes(word ^ kOnes * '\\') | below_space;
}

const uint8_t* find_special(const uint8_t* at, const uint8_t* end) {
  while (end - at >= 8) {
    uint64_t word = load<uint64_t>(at);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    const uint64_t found = special_bytes(word);
    if (found != 0) return at + std::countr_zero(found) / 8;
    at += 8;
  }
  while (at != end && *at != '"' && *at != '\\' && *at >= 0x20) ++at;
  return at;
}

int hex_digit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const auto lower = static_cast<uint8_t>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Four hexadecimal digits, or -1.
int32_t hex_unit(const uint8_t* at, const uint8_t* end) {
  if (end - at < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

constexpr bool is_high_surrogate(int32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low_surrogate(int32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// What a letter behind a backslash stands for; 0 when it stands for nothing.
uint8_t escaped_letter(uint8_t letter) {
  switch (letter) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

/// Bytes of the escape at `at` (a backslash), or 0 after a failure.
uint32_t check_escape(const JsonCursor& cursor, const uint8_t* at) {
  const uint8_t* const end = cursor.end;
  if (end - at < 2) return cursor.fail(JsonCode::kUnexpectedEnd, end, "an escape") ? 1 : 0;
  if (at[1] != 'u') {
    if (escaped_letter(at[1]) != 0) return 2;
    return cursor.fail(JsonCode::kBadEscape, at) ? 1 : 0;
  }
  const int32_t unit = hex_unit(at + 2, end);
  if (unit < 0) return cursor.fail(JsonCode::kBadEscape, at) ? 1 : 0;
  if (is_low_surrogate(unit)) return cursor.fail(JsonCode::kLoneSurrogate, at) ? 1 : 0;
  if (!is_high_surrogate(unit)) return 6;
  const bool has_second = end - at >= 12 && at[6] == '\\' && at[7] == 'u';
  if (!has_second || !is_low_surrogate(hex_unit(at + 8, end))) {
    return cursor.fail(JsonCode::kLoneSurrogate, at) ? 1 : 0;
  }
  return 12;
}

uint8_t* put_utf8(uint32_t code, uint8_t* out) {
  if (code < 0x80) {
    *out++ = static_cast<uint8_t>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<uint8_t>(0xC0 | code >> 6);
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = static_cast<uint8_t>(0xE0 | code >> 12);
    *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  } else {
    *out++ = static_cast<uint8_t>(0xF0 | code >> 18);
    *out++ = static_cast<uint8_t>(0x80 | (code >> 12 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  }
  return out;
}

}  // namespace

bool read_string(JsonCursor* cursor, JsonString* text) noexcept {
  if (cursor->peek() != '"') return cursor->fail_here("a string");
  const uint8_t* at = cursor->at + 1;
  text->begin = at;
  text->has_escape = false;
  while (true) {
    at = find_special(at, cursor->end);
    if (at == cursor->end) return cursor->fail(JsonCode::kUnexpectedEnd, at, "'\"'");
    if (*at == '"') break;
    if (*at != '\\') return cursor->fail(JsonCode::kControlCharacter, at);
    const uint32_t length = check_escape(*cursor, at);
    if (length == 0) return false;
    text->has_escape = true;
    at += length;
  }
  text->length = static_cast<uint64_t>(at - text->begin);
  cursor->at = at + 1;
  return true;
}

uint64_t unescape(const JsonString& text, uint8_t* out) noexcept {
  const uint8_t* at = text.begin;
  const uint8_t* const end = text.begin + text.length;
  uint8_t* to = out;
  while (at != end) {
    if (*at != '\\') {
      *to++ = *at++;
    } else if (at[1] != 'u') {
      *to++ = escaped_letter(at[1]);
      at += 2;
    } else {
      auto code = static_cast<uint32_t>(hex_unit(at + 2, end));
      at += 6;
      if (is_high_surrogate(static_cast<int32_t>(code))) {
        const auto low = static_cast<uint32_t>(hex_unit(at + 2, end));
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
      to = put_utf8(code, to);
    }
  }
  return static_cast<uint64_t>(to - out);
}

bool equals(const JsonString& text, const char* name) noexcept {
  constexpr uint64_t kMaxName = 64;
  uint64_t length = 0;
  for (; name[length] != 0; ++length) asm("");  // or the compiler makes a call of strlen of it
  if (!text.has_escape) return text.length == length && same_bytes(text.begin, name, length);
  uint8_t plain[kMaxName * 6];
  if (text.length > sizeof plain || length >= kMaxName) return false;
  return unescape(text, plain) == length && same_bytes(plain, name, length);
}

}  // namespace mainspring

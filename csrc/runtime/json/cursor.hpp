// A place in JSON text, and the one way to say what is wrong there. Strict RFC 8259 (T. Bray,
// 2017); the bytes are known to be UTF-8 before a cursor is made (core/utf8.hpp).
#pragma once
#include <cstdint>

namespace mainspring {

/// Deeper values are refused; a bit for each level fits one integer.
inline constexpr uint32_t kMaxJsonDepth = 64;

/// Names of one row that no field has: nobody sends so many by mistake.
inline constexpr uint32_t kMaxOtherNames = 65536;

enum class JsonCode : uint8_t {
  kOk = 0,
  kUnexpectedEnd,
  kUnexpectedByte,  // `expected` says what could stand there
  kBadUtf8,
  kByteOrderMark,
  kControlCharacter,
  kBadEscape,
  kLoneSurrogate,
  kBadNumber,
  kLongNumber,
  kTooDeep,
  kTooManyNames,  // an object has more names that no field has than are walked
  kTrailingBytes,
  kTooLong,       // the text is 2 GiB or longer
  kMissingField,  // the row that begins at `offset` lacks the field
  kTwice,         // a field stands twice in one row
  kWrongType,
  kNumberTooLarge,   // beyond float64
  kIntegerTooLarge,  // beyond int64 and uint64, or the stated type
  kBadTime,
  kBadBase64,
};

inline constexpr uint32_t kNoField = UINT32_MAX;

struct JsonError {
  JsonCode code = JsonCode::kOk;
  const char* expected = nullptr;  // of kUnexpectedByte
  uint64_t offset = 0;             // bytes from the beginning
  uint64_t row = 0;
  uint32_t field = kNoField;
};

struct JsonCursor {
  const uint8_t* begin;
  const uint8_t* at;
  const uint8_t* end;
  JsonError* error;

  /// Notes what is wrong at `where`; false, so that callers can return it.
  bool fail(JsonCode code, const uint8_t* where, const char* expected = nullptr) const noexcept {
    error->code = code;
    error->offset = static_cast<uint64_t>(where - begin);
    error->expected = expected;
    return false;
  }
  /// What stands at the cursor is not what could stand there.
  bool fail_here(const char* expected) const noexcept {
    return fail(at == end ? JsonCode::kUnexpectedEnd : JsonCode::kUnexpectedByte, at, expected);
  }

  void skip_space() noexcept {
    while (at != end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
      ++at;
    }
  }
  /// Takes `byte` if it is next, behind white space.
  bool take(uint8_t byte) noexcept {
    skip_space();
    if (at == end || *at != byte) return false;
    ++at;
    return true;
  }
  /// The next byte behind white space; 0 at the end.
  uint8_t peek() noexcept {
    skip_space();
    return at == end ? uint8_t{0} : *at;
  }
};

/// A string between its quotes, as it is written.
struct JsonString {
  const uint8_t* begin;
  uint64_t length;
  bool has_escape;
};

/// Reads the string at the cursor (behind white space). Escapes are checked, not resolved.
bool read_string(JsonCursor* cursor, JsonString* text) noexcept;

/// Resolves escapes into `out`, which holds text.length bytes; returns how many were written.
uint64_t unescape(const JsonString& text, uint8_t* out) noexcept;

/// Whether the string, escapes resolved, is `name`; every name shorter than 64 bytes can be found.
bool equals(const JsonString& text, const char* name) noexcept;

/// Walks one value of any type without keeping it; all of it is checked.
bool skip_value(JsonCursor* cursor) noexcept;

/// true, false or null at the cursor: 't', 'f', 'n'; fails at any other word.
bool read_literal(JsonCursor* cursor, uint8_t* letter) noexcept;

/// Nothing but white space is left.
bool read_end(JsonCursor* cursor) noexcept;

/// Checks what a text must be before anything is read: shorter than 2 GiB, UTF-8, no byte order
/// mark.
bool check_text(const JsonCursor& cursor) noexcept;

/// Steps over `[`, `,` and `]` or `{`, `,` and `}`: *more says whether a member follows. `first`
/// before the first one.
bool next_member(JsonCursor* cursor, bool first, uint8_t close, bool* more) noexcept;

/// Reads a member's name and the colon.
bool read_name(JsonCursor* cursor, JsonString* name) noexcept;

}  // namespace mainspring

// Values that nobody asks for, literals, and the commas between members.
#include "runtime/json/cursor.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/json/number.hpp"

namespace mainspring {
namespace {

bool skip_number(JsonCursor* cursor) {
  NumberToken token;
  switch (scan_number(cursor->at, cursor->end, &token)) {
    case NumberScan::kBad: return cursor->fail(JsonCode::kBadNumber, token.end);
    case NumberScan::kTooLong: return cursor->fail(JsonCode::kLongNumber, cursor->at);
    case NumberScan::kOk: break;
  }
  cursor->at = token.end;
  return true;
}

bool skip_scalar(JsonCursor* cursor) {
  const uint8_t first = cursor->peek();
  if (first == '"') {
    JsonString text;
    return read_string(cursor, &text);
  }
  if (first == '-' || (first >= '0' && first <= '9')) return skip_number(cursor);
  uint8_t letter = 0;
  return read_literal(cursor, &letter);
}

}  // namespace

bool read_literal(JsonCursor* cursor, uint8_t* letter) noexcept {
  cursor->skip_space();
  const auto room = static_cast<uint64_t>(cursor->end - cursor->at);
  constexpr const char* kWords[] = {"true", "false", "null"};
  for (const char* word : kWords) {
    const uint64_t length = word[0] == 'f' ? 5 : 4;
    if (room >= length && same_bytes(cursor->at, word, length)) {
      *letter = static_cast<uint8_t>(word[0]);
      cursor->at += length;
      return true;
    }
  }
  return cursor->fail_here("a value");
}

bool next_member(JsonCursor* cursor, bool first, uint8_t close, bool* more) noexcept {
  *more = false;
  if (cursor->take(close)) return true;
  if (first) {
    *more = true;
    return true;
  }
  if (!cursor->take(',')) return cursor->fail_here(close == ']' ? "',' or ']'" : "',' or '}'");
  // A comma promises a member.
  if (cursor->peek() == close) return cursor->fail_here(close == ']' ? "a value" : "a name");
  *more = true;
  return true;
}

bool read_name(JsonCursor* cursor, JsonString* name) noexcept {
  if (cursor->peek() != '"') return cursor->fail_here("a name in double quotes");
  if (!read_string(cursor, name)) return false;
  return cursor->take(':') || cursor->fail_here("':'");
}

bool skip_value(JsonCursor* cursor) noexcept {
  uint64_t objects = 0;  // one bit a level, the innermost lowest: is it an object?
  uint32_t depth = 0;
  bool first = false;
  while (true) {
    if (depth > 0) {
      const bool in_object = (objects & 1) != 0;
      bool more = false;
      if (!next_member(cursor, first, in_object ? '}' : ']', &more)) return false;
      first = false;
      if (!more) {
        objects >>= 1;
        if (--depth == 0) return true;
        continue;
      }
      JsonString name;
      if (in_object && !read_name(cursor, &name)) return false;
    }
    const uint8_t open = cursor->peek();
    if (open == '{' || open == '[') {
      if (depth == kMaxJsonDepth) return cursor->fail(JsonCode::kTooDeep, cursor->at);
      ++cursor->at;
      objects = objects << 1 | (open == '{' ? 1 : 0);
      ++depth;
      first = true;
      continue;
    }
    if (!skip_scalar(cursor)) return false;
    if (depth == 0) return true;
  }
}

bool read_end(JsonCursor* cursor) noexcept {
  cursor->skip_space();
  return cursor->at == cursor->end || cursor->fail(JsonCode::kTrailingBytes, cursor->at);
}

bool check_text(const JsonCursor& cursor) noexcept {
  const auto length = static_cast<uint64_t>(cursor.end - cursor.begin);
  if (length > INT32_MAX) return cursor.fail(JsonCode::kTooLong, cursor.end);
  const uint64_t bad = first_bad_utf8(cursor.begin, length);
  if (bad != length) return cursor.fail(JsonCode::kBadUtf8, cursor.begin + bad);
  if (length >= 3 && same_bytes(cursor.begin, "\xEF\xBB\xBF", 3)) {
    return cursor.fail(JsonCode::kByteOrderMark, cursor.begin);
  }
  return true;
}

}  // namespace mainspring

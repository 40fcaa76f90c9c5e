// The envelope of a request, read by hand: it is small, and its complaints name what they mean.
#include "serve/json_request.hpp"

namespace mainspring {

JsonRequest::JsonRequest(std::span<const uint8_t> text, const JsonSchema& schema)
    : text_(text),
      schema_(schema),
      cursor_{text.data(), text.data(), text.data() + text.size(), &error_} {
  check(check_text(cursor_));
}

void JsonRequest::fail(const uint8_t* at, const std::string& message) const {
  throw Error(ErrorKind::kData, "At byte " + std::to_string(at - cursor_.begin) + ": " + message);
}

std::string JsonRequest::plain(const JsonString& text) {
  std::string resolved(text.length, '\0');
  resolved.resize(unescape(text, reinterpret_cast<uint8_t*>(resolved.data())));
  return resolved;
}

std::string JsonRequest::shown(std::string_view name) {
  constexpr size_t kMaxShown = 60;
  if (name.size() <= kMaxShown) return "'" + std::string(name) + "'";
  size_t length = kMaxShown;
  while (length > 0 && (static_cast<uint8_t>(name[length]) & 0xC0) == 0x80) --length;
  return "'" + std::string(name.substr(0, length)) + "...'";
}

void JsonRequest::open(const char* what, uint8_t bracket, const char* expected) {
  const uint8_t next = cursor_.peek();
  if (cursor_.take(bracket)) return;
  if (next == 0) check(cursor_.fail_here(expected));
  fail(cursor_.at, std::string(what) + " is not " + expected + ".");
}

bool JsonRequest::next(bool first, uint8_t close) {
  bool more = false;
  check(next_member(&cursor_, first, close, &more));
  if (more) cursor_.skip_space();
  return more;
}

std::string JsonRequest::read_text(const char* what) {
  if (cursor_.peek() != '"') fail(cursor_.at, std::string(what) + " is not a string.");
  JsonString text;
  check(read_string(&cursor_, &text));
  return plain(text);
}

uint64_t JsonRequest::read_count(const char* what) {
  const uint8_t first = cursor_.peek();
  const uint8_t* const at = cursor_.at;
  NumberToken token{};
  int64_t value = -1;
  if (first == '-' || (first >= '0' && first <= '9')) {
    if (scan_number(at, cursor_.end, &token) != NumberScan::kOk || !to_int64(token, &value)) {
      value = -1;
    }
  }
  if (value < 0) fail(at, std::string(what) + " is not an integer from 0 to 2^63 - 1.");
  cursor_.at = token.end;
  return static_cast<uint64_t>(value);
}

bool JsonRequest::read_bool(const char* what) {
  const uint8_t first = cursor_.peek();
  const uint8_t* const at = cursor_.at;
  if (first != 't' && first != 'f') fail(at, std::string(what) + " is neither true nor false.");
  uint8_t letter = 0;
  check(read_literal(&cursor_, &letter));
  return letter == 't';
}

}  // namespace mainspring

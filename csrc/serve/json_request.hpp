// A request's own members around its data: objects, lists, names and numbers, each checked, each
// complaint with its byte.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/json_schema.hpp"
#include "runtime/json/cursor.hpp"
#include "runtime/json/number.hpp"

namespace mainspring {

class JsonRequest {
 public:
  /// Throws Error(kData) when the bytes are no text.
  JsonRequest(std::span<const uint8_t> text, const JsonSchema& schema);

  JsonCursor& cursor() { return cursor_; }
  std::span<const uint8_t> text() const { return text_; }

  /// Calls member(name) for each member of the object at the cursor; `member` reads the value.
  /// Throws when the value is no object, or when a name stands twice among the 64 that `member`
  /// numbers: it returns 0 to 63, or -1 for a name that may stand as often as it likes.
  template <class Member>
  void for_members(const char* what, const Member& member) {
    open(what, '{', "an object");
    uint64_t seen = 0;
    for (bool first = true; next(first, '}'); first = false) {
      const uint8_t* const at = cursor_.at;
      JsonString name;
      check(read_name(&cursor_, &name));
      const int number = member(name);
      if (number < 0) continue;
      if ((seen >> number & 1) != 0)
        fail(at, shown(plain(name)) + " stands twice in " + what + ".");
      seen |= uint64_t{1} << number;
    }
  }

  /// Calls item() for each value of the list at the cursor.
  template <class Item>
  void for_items(const char* what, const Item& item) {
    open(what, '[', "a list");
    for (bool first = true; next(first, ']'); first = false) item();
  }

  std::string read_text(const char* what);
  /// An integer from 0 to 2^63 - 1.
  uint64_t read_count(const char* what);
  bool read_bool(const char* what);
  /// Walks a value that nobody asks for.
  void skip() { check(skip_value(&cursor_)); }
  void read_to_end() { check(read_end(&cursor_)); }

  /// Throws what a reader of the runtime noted; `field` is the column that it was reading.
  void check(bool passed, uint32_t field = kNoField) {
    if (passed) return;
    error_.field = field;
    throw_json_error(error_, schema_, text_);
  }
  /// Throws Error(kData): "<message>" with the byte of `at`.
  [[noreturn]] void fail(const uint8_t* at, const std::string& message) const;
  /// The text of a string, escapes resolved.
  static std::string plain(const JsonString& text);
  /// A name that the client chose, in quotes, cut short.
  static std::string shown(std::string_view name);

 private:
  void open(const char* what, uint8_t bracket, const char* expected);
  bool next(bool first, uint8_t close);

  std::span<const uint8_t> text_;
  const JsonSchema& schema_;
  JsonError error_;
  JsonCursor cursor_;
};

}  // namespace mainspring

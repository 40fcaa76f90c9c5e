// JSON as XGBoost and CatBoost write it: RFC 8259, and NaN and Infinity as numbers.
#include <charconv>
#include <cstdint>

#include "fit/importers/document_parser.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

using Kind = DocumentValue::Kind;

bool is_number_byte(char byte) {
  return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' || byte == 'e' ||
         byte == 'E' || byte == 'N' || byte == 'a' || byte == 'I' || byte == 'n' || byte == 'f' ||
         byte == 'i' || byte == 't' || byte == 'y';
}

/// NaN and Infinity begin with a capital, which null, true and false do not.
bool begins_number(char byte) {
  return (byte >= '0' && byte <= '9') || byte == '-' || byte == 'N' || byte == 'I';
}

class JsonParser {
 public:
  explicit JsonParser(DocumentCursor& cursor) : cursor_(cursor) {}

  DocumentValue value(uint32_t depth) {
    if (depth > kMaxDocumentDepth) cursor_.fail("values are nested too deeply.");
    skip_blanks();
    if (cursor_.at_end()) cursor_.truncated();
    DocumentValue value;
    value.at = cursor_.at;
    const char first = cursor_.peek();
    if (first == '{') {
      object(depth, &value);
    } else if (first == '[') {
      list(depth, &value);
    } else if (first == '"') {
      value.kind = Kind::kText;
      value.text = text();
    } else if (begins_number(first)) {
      value.kind = Kind::kNumber;
      value.digits = number();
    } else {
      word(&value);
    }
    return value;
  }

  void skip_blanks() {
    while (!cursor_.at_end() && (cursor_.peek() == ' ' || cursor_.peek() == '\n' ||
                                 cursor_.peek() == '\r' || cursor_.peek() == '\t')) {
      ++cursor_.at;
    }
  }

 private:
  void expect(char wanted) {
    skip_blanks();
    if (cursor_.at_end()) cursor_.truncated();
    if (cursor_.peek() != wanted) {
      cursor_.fail("found " + quoted(cursor_.bytes.substr(cursor_.at, 1)) + ", expected " +
                   quoted(std::string_view(&wanted, 1)) + ".");
    }
    ++cursor_.at;
  }

  /// Whether there is another element; takes the comma before it or the bracket.
  bool another(char close, bool is_first) {
    skip_blanks();
    if (cursor_.peek() == close) {
      ++cursor_.at;
      return false;
    }
    if (!is_first) expect(',');
    return true;
  }

  void object(uint32_t depth, DocumentValue* value) {
    value->kind = Kind::kObject;
    expect('{');
    while (another('}', value->keys.empty())) {
      skip_blanks();
      if (cursor_.at_end()) cursor_.truncated();
      value->keys.push_back(text());
      expect(':');
      value->items.push_back(this->value(depth + 1));
    }
  }

  void list(uint32_t depth, DocumentValue* value) {
    expect('[');
    skip_blanks();
    const uint64_t first = cursor_.at;
    if (begins_number(cursor_.peek()) || cursor_.peek() == ']') {
      if (numbers(first, value)) return;
      cursor_.at = first;
    }
    value->kind = Kind::kList;
    while (another(']', value->items.empty())) value->items.push_back(this->value(depth + 1));
  }

  /// False when there is something else between the numbers: then it is a list of values.
  bool numbers(uint64_t first, DocumentValue* value) {
    value->kind = Kind::kNumbers;
    uint64_t end = first;
    while (another(']', value->count == 0)) {
      skip_blanks();
      if (!begins_number(cursor_.peek())) {
        value->count = 0;
        return false;
      }
      number();
      end = cursor_.at;
      ++value->count;
    }
    value->digits = cursor_.bytes.substr(first, end - first);
    return true;
  }

  std::string_view number() {
    const uint64_t first = cursor_.at;
    while (!cursor_.at_end() && is_number_byte(cursor_.peek())) ++cursor_.at;
    return cursor_.bytes.substr(first, cursor_.at - first);
  }

  void word(DocumentValue* value) {
    const std::string_view rest = cursor_.bytes.substr(cursor_.at);
    if (rest.starts_with("true") || rest.starts_with("false")) {
      value->kind = Kind::kBoolean;
      value->boolean = rest[0] == 't';
      cursor_.at += value->boolean ? 4 : 5;
    } else if (rest.starts_with("null")) {
      cursor_.at += 4;
    } else {
      cursor_.fail("found " + quoted(rest.substr(0, 8)) + ", expected a value.");
    }
  }

  std::string text() {
    expect('"');
    std::string out;
    for (;;) {
      if (cursor_.at_end()) cursor_.truncated();
      const char byte = cursor_.bytes[cursor_.at++];
      if (byte == '"') return out;
      if (static_cast<uint8_t>(byte) < 0x20) cursor_.fail("a text holds a control character.");
      if (byte != '\\') {
        out += byte;
      } else {
        escape(&out);
      }
    }
  }

  void escape(std::string* out) {
    if (cursor_.at_end()) cursor_.truncated();
    const char byte = cursor_.bytes[cursor_.at++];
    switch (byte) {
      case '"':
      case '\\':
      case '/': *out += byte; break;
      case 'b': *out += '\b'; break;
      case 'f': *out += '\f'; break;
      case 'n': *out += '\n'; break;
      case 'r': *out += '\r'; break;
      case 't': *out += '\t'; break;
      case 'u': put_character(character(), out); break;
      default: cursor_.fail("an escape in a text is not known.");
    }
  }

  uint32_t character() {
    uint32_t code = hex_digits();
    if (code >= 0xDC00 && code < 0xE000) cursor_.fail("an escape is half a character.");
    if (code >= 0xD800 && code < 0xDC00) {
      if (!cursor_.bytes.substr(cursor_.at).starts_with("\\u")) {
        cursor_.fail("an escape is half a character.");
      }
      cursor_.at += 2;
      const uint32_t low = hex_digits();
      if (low < 0xDC00 || low >= 0xE000) cursor_.fail("an escape is half a character.");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return code;
  }

  uint32_t hex_digits() {
    if (cursor_.at + 4 > cursor_.bytes.size()) cursor_.truncated();
    uint32_t code = 0;
    const char* first = cursor_.bytes.data() + cursor_.at;
    const auto [end, error] = std::from_chars(first, first + 4, code, 16);
    if (error != std::errc() || end != first + 4) cursor_.fail("an escape is not four hex digits.");
    cursor_.at += 4;
    return code;
  }

  static void put_character(uint32_t code, std::string* out) {
    const auto put = [&](uint32_t byte) { *out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  DocumentCursor& cursor_;
};

}  // namespace

DocumentValue parse_json(DocumentCursor& cursor) {
  JsonParser parser(cursor);
  DocumentValue value = parser.value(0);
  parser.skip_blanks();
  return value;
}

}  // namespace mainspring

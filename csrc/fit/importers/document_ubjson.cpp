// UBJSON (draft 12) as far as XGBoost writes it: lengths are 'L', lists of numbers have one type.
#include <cstdint>

#include "fit/importers/document_parser.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

using Kind = DocumentValue::Kind;

/// Bytes of a number; 0 for a letter that stands for none.
uint64_t number_bytes(char type) {
  switch (type) {
    case 'i':
    case 'U': return 1;
    case 'I': return 2;
    case 'l':
    case 'd': return 4;
    case 'L':
    case 'D': return 8;
    default: return 0;
  }
}

class UbjsonParser {
 public:
  explicit UbjsonParser(DocumentCursor& cursor) : cursor_(cursor) {}

  DocumentValue value(uint32_t depth) {
    if (depth > kMaxDocumentDepth) cursor_.fail("values are nested too deeply.");
    DocumentValue value;
    value.at = cursor_.at;
    const char type = take();
    switch (type) {
      case '{': object(depth, &value); return value;
      case '[': list(depth, &value); return value;
      case 'S':
        value.kind = Kind::kText;
        value.text = take_bytes(length());
        return value;
      case 'Z': return value;
      case 'T':
      case 'F':
        value.kind = Kind::kBoolean;
        value.boolean = type == 'T';
        return value;
      default: break;
    }
    const uint64_t num_bytes = number_bytes(type);
    if (num_bytes == 0) {
      --cursor_.at;
      cursor_.fail("found " + quoted(std::string_view(&type, 1)) + ", expected a type of UBJSON.");
    }
    value.kind = Kind::kNumber;
    value.type = type;
    value.digits = take_bytes(num_bytes);
    return value;
  }

 private:
  char take() {
    if (cursor_.at_end()) cursor_.truncated();
    return cursor_.bytes[cursor_.at++];
  }

  std::string_view take_bytes(uint64_t count) {
    if (count > cursor_.bytes.size() - cursor_.at) cursor_.truncated();
    cursor_.at += count;
    return cursor_.bytes.substr(cursor_.at - count, count);
  }

  void expect(char wanted) {
    const char found = take();
    if (found != wanted) {
      --cursor_.at;
      cursor_.fail("found " + quoted(std::string_view(&found, 1)) + ", expected " +
                   quoted(std::string_view(&wanted, 1)) + ".");
    }
  }

  uint64_t length() {
    expect('L');
    uint64_t value = 0;
    for (const char byte : take_bytes(8)) value = value << 8 | static_cast<uint8_t>(byte);
    if (value >> 63 != 0) cursor_.fail("a length is below 0.");
    return value;
  }

  void object(uint32_t depth, DocumentValue* value) {
    value->kind = Kind::kObject;
    while (cursor_.peek() != '}') {
      value->keys.emplace_back(take_bytes(length()));
      value->items.push_back(this->value(depth + 1));
    }
    expect('}');
  }

  void list(uint32_t depth, DocumentValue* value) {
    if (cursor_.peek() == '$') {
      take();
      value->kind = Kind::kNumbers;
      value->type = take();
      const uint64_t num_bytes = number_bytes(value->type);
      if (num_bytes == 0) cursor_.fail("a list has a type that is no number.");
      expect('#');
      value->count = length();
      if (value->count > (cursor_.bytes.size() - cursor_.at) / num_bytes) cursor_.truncated();
      value->digits = take_bytes(value->count * num_bytes);
      return;
    }
    value->kind = Kind::kList;
    if (cursor_.peek() == '#') {
      take();
      for (uint64_t left = length(); left > 0; --left) {
        value->items.push_back(this->value(depth + 1));
      }
      return;
    }
    while (cursor_.peek() != ']') value->items.push_back(this->value(depth + 1));
    expect(']');
  }

  DocumentCursor& cursor_;
};

}  // namespace

DocumentValue parse_ubjson(DocumentCursor& cursor) { return UbjsonParser(cursor).value(0); }

}  // namespace mainspring

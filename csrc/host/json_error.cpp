// What is wrong with a JSON text, in one sentence for people: column, row and byte are named.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "host/json_schema.hpp"
#include "host/match_columns.hpp"
#include "host/names.hpp"
#include "host/redaction.hpp"

namespace mainspring {
namespace {

constexpr size_t kMaxValueShown = 40;
constexpr size_t kMaxNamesCompared = 100;
constexpr const char* kNullHint = "Write null for a missing value.";

std::string place(const JsonError& error) {
  return "row " + std::to_string(error.row) + " (byte " + std::to_string(error.offset) + ")";
}

std::string byte_name(std::span<const uint8_t> text, uint64_t offset) {
  if (offset >= text.size()) return "the end";
  const uint8_t byte = text[offset];
  if (byte >= 0x20 && byte < 0x7F) return std::string("'") + static_cast<char>(byte) + "'";
  if (byte >= 0x80) return "a letter that is none of ASCII";
  constexpr char kHex[] = "0123456789abcdef";
  return std::string("the byte 0x") + kHex[byte >> 4] + kHex[byte & 15];
}

/// What is wrong, for errors of the text itself.
std::string syntax_of(const JsonError& error, std::span<const uint8_t> text) {
  switch (error.code) {
    case JsonCode::kUnexpectedEnd:
    case JsonCode::kUnexpectedByte:
      return "expected " + std::string(error.expected) + ", got " + byte_name(text, error.offset);
    case JsonCode::kBadUtf8: return "the bytes are not UTF-8";
    case JsonCode::kByteOrderMark: return "it begins with a byte order mark; leave that out";
    case JsonCode::kControlCharacter:
      return "a string holds a control character; write it as an escape";
    case JsonCode::kBadEscape: return "a backslash begins no escape that JSON has";
    case JsonCode::kLoneSurrogate: return "an escape is one half of a surrogate pair";
    case JsonCode::kBadNumber: return "a number is not written as JSON has it";
    case JsonCode::kLongNumber: return "a number is longer than 1024 bytes";
    case JsonCode::kTooDeep: return "values are nested more than 64 deep";
    case JsonCode::kTooManyNames: return "a row has more than 65,536 names that no column has";
    case JsonCode::kTrailingBytes: return "something follows behind the end";
    case JsonCode::kTooLong: return "it is 2 GiB or longer";
    default: return "it is not JSON";
  }
}

JsonCursor cursor_at(std::span<const uint8_t> text, uint64_t offset, JsonError* ignored) {
  return {text.data(), text.data() + std::min<uint64_t>(offset, text.size()),
          text.data() + text.size(), ignored};
}

/// The value that begins at the offset, cut short.
std::string value_at(std::span<const uint8_t> text, uint64_t offset) {
  if (!shows_values()) return "that is not shown";
  JsonError ignored;
  JsonCursor cursor = cursor_at(text, offset, &ignored);
  const uint8_t* const begin = cursor.at;
  if (!skip_value(&cursor)) cursor.at = std::min(begin + kMaxValueShown, cursor.end);
  auto length = static_cast<size_t>(cursor.at - begin);
  const bool is_cut = length > kMaxValueShown;
  if (is_cut) {
    length = kMaxValueShown;
    while (length > 0 && (begin[length] & 0xC0) == 0x80) --length;  // not inside a character
  }
  return std::string(reinterpret_cast<const char*>(begin), length) + (is_cut ? "..." : "");
}

/// Calls for each name of the object that begins at the offset; it was read before, so there are at
/// most some ten thousand: nothing is kept of them, and nothing sorted.
template <class Take>
void for_names_in(std::span<const uint8_t> text, uint64_t offset, const Take& take) {
  JsonError ignored;
  JsonCursor cursor = cursor_at(text, offset, &ignored);
  std::string plain;
  bool more = cursor.take('{');
  for (bool first = true; more && next_member(&cursor, first, '}', &more) && more; first = false) {
    JsonString name;
    if (!read_name(&cursor, &name) || !skip_value(&cursor)) break;
    plain.resize(name.length);
    plain.resize(unescape(name, reinterpret_cast<uint8_t*>(plain.data())));
    take(plain);
  }
}

[[noreturn]] void throw_missing(const JsonError& error, const JsonSchema& schema,
                                std::span<const uint8_t> text) {
  std::unordered_map<std::string, bool> is_there;
  for (uint32_t i = 0; i < schema.plan().num_inputs; ++i) {
    is_there.emplace(input_name(schema.plan(), i), false);
  }
  std::vector<std::string> others;
  for_names_in(text, error.offset, [&](const std::string& name) {
    const auto found = is_there.find(name);
    if (found != is_there.end()) {
      found->second = true;
    } else if (others.size() < kMaxNamesCompared) {
      others.push_back(name);
    }
  });
  std::vector<std::string> missing;
  for (uint32_t i = 0; i < schema.plan().num_inputs; ++i) {
    const auto found = is_there.find(std::string(input_name(schema.plan(), i)));
    if (found->second) continue;
    missing.push_back(found->first);
    found->second = true;  // two inputs may read one column
  }
  const std::string guess = missing.size() == 1 ? did_you_mean(missing[0], others) : "";
  throw Error(ErrorKind::kSchema, "The object at " + place(error) + " lacks the column" +
                                      (missing.size() == 1 ? " " : "s ") + list_names(missing) +
                                      ". " + (guess.empty() ? "" : guess + " ") + kNullHint)
      .column(missing.empty() ? "" : missing[0])
      .row(error.row)
      .hint(kNullHint);
}

std::string expected_at(const JsonError& error, const Field& field) {
  switch (error.code) {
    case JsonCode::kNumberTooLarge: return "a number that float64 holds";
    case JsonCode::kIntegerTooLarge: return "an integer that its type holds";
    case JsonCode::kBadTime: return "a time as RFC 3339 has it, such as \"2013-01-31T14:30:00Z\"";
    case JsonCode::kBadBase64: return "base64 text";
    default: return expected_of(field);
  }
}

}  // namespace

void throw_json_error(const JsonError& error, const JsonSchema& schema,
                      std::span<const uint8_t> text) {
  if (error.code == JsonCode::kMissingField) throw_missing(error, schema, text);
  const std::string name(error.field == kNoField ? "" : input_name(schema.plan(), error.field));
  if (error.code < JsonCode::kMissingField) {
    const std::string what = syntax_of(error, text);
    Error thrown(ErrorKind::kData,
                 "The JSON cannot be read at byte " + std::to_string(error.offset) + ", row " +
                     std::to_string(error.row) + (name.empty() ? "" : ", column '" + name + "'") +
                     ": " + what + ".");
    throw thrown.column(name).row(error.row).got(what);
  }
  if (error.code == JsonCode::kTwice) {
    throw Error(ErrorKind::kData,
                "Column '" + name + "' stands twice in " + place(error) + ". Leave one out.")
        .column(name)
        .row(error.row);
  }
  const std::string expected = expected_at(error, schema.fields()[error.field]);
  const std::string got = value_at(text, error.offset);
  throw Error(ErrorKind::kData, "Column '" + name + "' has the value " + got + " at " +
                                    place(error) + ", expected " + expected + ".")
      .column(name)
      .row(error.row)
      .expected(expected)
      .got(got);
}

}  // namespace mainspring

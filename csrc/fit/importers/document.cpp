// Checked access to the values of a document, whichever way its numbers are written.
#include "fit/importers/document.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "fit/importers/document_parser.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

using Kind = DocumentValue::Kind;

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull: return "null";
    case Kind::kBoolean: return "a boolean";
    case Kind::kNumber: return "a number";
    case Kind::kText: return "a text";
    case Kind::kNumbers: return "a list of numbers";
    case Kind::kList: return "a list";
    case Kind::kObject: return "an object";
  }
  return "nothing";
}

/// Big-endian bytes.
template <class T>
T number_of(const char* bytes) {
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof(T); ++i) bits = bits << 8 | static_cast<uint8_t>(bytes[i]);
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(bits);
  } else if constexpr (sizeof(T) == 2) {
    return std::bit_cast<T>(static_cast<uint16_t>(bits));
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<uint32_t>(bits));
  } else {
    return std::bit_cast<T>(bits);
  }
}

/// Whether a number is one of type T; a fraction is no integer.
template <class T, class Source>
bool convert(Source source, T* number) {
  if constexpr (std::is_integral_v<T> && !std::is_integral_v<Source>) {
    if (!(source >= static_cast<Source>(-9007199254740992.0) &&
          source <= static_cast<Source>(9007199254740992.0))) {
      return false;
    }
    *number = static_cast<T>(source);
    return static_cast<Source>(*number) == source;
  } else {
    *number = static_cast<T>(source);
    return true;
  }
}

template <class T>
bool read_digits(std::string_view digits, T* number) {
  const char* end = digits.data() + digits.size();
  if constexpr (std::is_integral_v<T>) {
    const auto [last, error] = std::from_chars(digits.data(), end, *number);
    if (error == std::errc() && last == end) return true;
    double fraction = 0;  // 1E2 and 3.0 are integers too
    return read_digits(digits, &fraction) && convert(fraction, number);
  } else {
    const auto [last, error] = std::from_chars(digits.data(), end, *number);
    // Too small for the type: zero or the least number, as rounding gives.
    if (error == std::errc::result_out_of_range && last == end) {
      double wide = 0;
      const auto [wide_last, wide_error] = std::from_chars(digits.data(), end, wide);
      if (wide_error != std::errc() || wide_last != end || std::fabs(wide) >= 1) return false;
      *number = static_cast<T>(wide);
      return true;
    }
    return error == std::errc() && last == end;
  }
}

template <class T>
bool read_binary(char type, const char* bytes, T* number) {
  switch (type) {
    case 'i': return convert(number_of<int8_t>(bytes), number);
    case 'U': return convert(number_of<uint8_t>(bytes), number);
    case 'I': return convert(number_of<int16_t>(bytes), number);
    case 'l': return convert(number_of<int32_t>(bytes), number);
    case 'L': return convert(number_of<int64_t>(bytes), number);
    case 'd': return convert(number_of<float>(bytes), number);
    default: return convert(number_of<double>(bytes), number);
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

}  // namespace

Document::Document(std::string_view bytes, std::string_view subject) : subject_(subject) {
  DocumentCursor cursor{*this, bytes};
  const bool is_binary =
      bytes.size() > 1 && bytes[0] == '{' && (bytes[1] == 'L' || bytes[1] == '}');
  root_ = is_binary ? parse_ubjson(cursor) : parse_json(cursor);
  if (cursor.at != bytes.size()) cursor.fail("something follows the end of the document.");
}

void Document::fail(ErrorKind kind, uint64_t at, const std::string& what) const {
  throw Error(kind, subject_ + ", byte " + std::to_string(at) + ": " + what);
}

const DocumentValue* Document::find(const DocumentValue& object, std::string_view key) const {
  if (object.kind != Kind::kObject) {
    fail(ErrorKind::kData, object.at,
         std::string("found ") + kind_name(object.kind) + ", expected an object.");
  }
  const DocumentValue* found = nullptr;
  for (size_t i = 0; i < object.keys.size(); ++i) {
    if (object.keys[i] != key) continue;
    if (found != nullptr) {
      fail(ErrorKind::kData, object.items[i].at, quoted(key) + " is there twice.");
    }
    found = &object.items[i];
  }
  return found;
}

const DocumentValue& Document::get(const DocumentValue& object, std::string_view key) const {
  const DocumentValue* found = find(object, key);
  if (found == nullptr) {
    fail(ErrorKind::kData, object.at, "an object lacks " + quoted(key) + ".");
  }
  return *found;
}

const DocumentValue& Document::object(const DocumentValue& parent, std::string_view key,
                                      std::span<const std::string_view> known) const {
  const DocumentValue& value = get(parent, key);
  refuse_others(value, known);
  return value;
}

void Document::refuse_others(const DocumentValue& object,
                             std::span<const std::string_view> known) const {
  (void)find(object, {});  // it must be an object
  for (size_t i = 0; i < object.keys.size(); ++i) {
    if (std::find(known.begin(), known.end(), object.keys[i]) == known.end()) {
      fail(ErrorKind::kUnsupported, object.items[i].at,
           quoted(object.keys[i]) + " is not a known field; it could change predictions.");
    }
  }
}

const std::string& Document::text(const DocumentValue& value) const {
  if (value.kind != Kind::kText) {
    fail(ErrorKind::kData, value.at,
         std::string("found ") + kind_name(value.kind) + ", expected a text.");
  }
  return value.text;
}

int64_t Document::integer_in(const DocumentValue& value, int64_t low, int64_t high) const {
  int64_t number = 0;
  const bool is_read = value.kind == Kind::kText     ? read_digits(value.text, &number)
                       : value.kind != Kind::kNumber ? false
                       : value.type == 0 ? read_digits(value.digits, &number)
                                         : read_binary(value.type, value.digits.data(), &number);
  if (!is_read || number < low || number > high) {
    fail(ErrorKind::kData, value.at,
         (is_read ? "found " + std::to_string(number)
                  : std::string("found ") +
                        (value.kind == Kind::kText ? quoted(value.text) : kind_name(value.kind))) +
             ", expected an integer from " + std::to_string(low) + " to " + std::to_string(high) +
             ".");
  }
  return number;
}

float Document::number(const DocumentValue& value) const {
  float number = 0;
  const bool is_read = value.kind == Kind::kText     ? read_digits(value.text, &number)
                       : value.kind != Kind::kNumber ? false
                       : value.type == 0 ? read_digits(value.digits, &number)
                                         : read_binary(value.type, value.digits.data(), &number);
  if (!is_read) fail(ErrorKind::kData, value.at, "expected a number.");
  return number;
}

template <class T>
std::vector<T> Document::numbers(const DocumentValue& value, uint64_t count) const {
  const uint64_t found = value.kind == Kind::kList ? value.items.size() : value.count;
  if (value.kind != Kind::kNumbers && value.kind != Kind::kList) {
    fail(ErrorKind::kData, value.at,
         std::string("found ") + kind_name(value.kind) + ", expected a list of numbers.");
  }
  if (count != kAnyCount && found != count) {
    fail(ErrorKind::kData, value.at,
         "a list has " + std::to_string(found) + " numbers, expected " + std::to_string(count) +
             ".");
  }
  std::vector<T> numbers(found);
  const uint64_t step = value.kind == Kind::kNumbers && value.type != 0 && found != 0
                            ? value.digits.size() / found
                            : 0;
  std::string_view rest = value.digits;
  for (uint64_t i = 0; i < found; ++i) {
    bool is_read = false;
    if (value.kind == Kind::kList) {
      const DocumentValue& item = value.items[i];
      if (item.kind == Kind::kBoolean) {
        is_read = convert(static_cast<int>(item.boolean), &numbers[i]);
      } else if (item.kind == Kind::kNumber) {
        is_read = item.type == 0 ? read_digits(item.digits, &numbers[i])
                                 : read_binary(item.type, item.digits.data(), &numbers[i]);
      }
    } else if (step != 0) {
      is_read = read_binary(value.type, value.digits.data() + i * step, &numbers[i]);
    } else {
      const size_t comma = std::min(rest.find(','), rest.size());
      is_read = read_digits(trimmed(rest.substr(0, comma)), &numbers[i]);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (!is_read) {
      fail(ErrorKind::kData, value.at,
           "value " + std::to_string(i) + " of a list is not " +
               (std::is_integral_v<T> ? "an integer." : "a number."));
    }
  }
  return numbers;
}

std::vector<int64_t> Document::integers(const DocumentValue& value, uint64_t count) const {
  return numbers<int64_t>(value, count);
}

std::vector<float> Document::floats(const DocumentValue& value, uint64_t count) const {
  return numbers<float>(value, count);
}

std::vector<double> Document::doubles(const DocumentValue& value, uint64_t count) const {
  return numbers<double>(value, count);
}

const std::vector<DocumentValue>& Document::items(const DocumentValue& value) const {
  const bool is_empty = value.kind == Kind::kNumbers && value.count == 0;
  if (value.kind != Kind::kList && !is_empty) {
    fail(ErrorKind::kData, value.at,
         std::string("found ") + kind_name(value.kind) + ", expected a list.");
  }
  return value.items;
}

}  // namespace mainspring

// Splitting and number parsing of the text format: std::from_chars rounds correctly and knows no
// locale.
#include "fit/importers/text_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mainspring {

bool TextFields::next(TextLine* line) {
  if (rest_.empty()) return false;
  const size_t end = rest_.find('\n');
  std::string_view text = rest_.substr(0, end);
  rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  *line = TextLine{++number_, text, {}, {}};
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    line->key = text.substr(0, equals);
    line->value = text.substr(equals + 1);
  }
  return true;
}

void TextFields::fail(ErrorKind kind, uint64_t line, const std::string& what) const {
  throw Error(kind, subject_ + ", line " + std::to_string(line) + ": " + what);
}

int64_t TextFields::integer(const TextLine& line, std::string_view token) const {
  int64_t value = 0;
  const char* end = token.data() + token.size();
  const auto result = std::from_chars(token.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) {
    fail(ErrorKind::kData, line.number,
         quoted(line.key) + " holds " + quoted(token) + ", expected an integer.");
  }
  return value;
}

double TextFields::number(const TextLine& line, std::string_view token) const {
  double value = 0;
  const char* end = token.data() + token.size();
  const auto result = std::from_chars(token.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) {
    fail(ErrorKind::kData, line.number,
         quoted(line.key) + " holds " + quoted(token) + ", expected a number.");
  }
  return value;
}

int64_t TextFields::integer_in(const TextLine& line, int64_t low, int64_t high) const {
  const int64_t value = integer(line, line.value);
  if (value < low || value > high) {
    fail(ErrorKind::kData, line.number,
         quoted(line.key) + " is " + std::to_string(value) + ", expected " + std::to_string(low) +
             " to " + std::to_string(high) + ".");
  }
  return value;
}

template <class T>
std::vector<T> TextFields::list(const TextLine& line, uint64_t count,
                                T (TextFields::*parse)(const TextLine&, std::string_view)
                                    const) const {
  const std::vector<std::string_view> tokens = split_blanks(line.value);
  if (tokens.size() != count) {
    fail(ErrorKind::kData, line.number,
         quoted(line.key) + " has " + std::to_string(tokens.size()) + " values, expected " +
             std::to_string(count) + ".");
  }
  std::vector<T> values;
  values.reserve(count);
  for (const std::string_view token : tokens) values.push_back((this->*parse)(line, token));
  return values;
}

std::vector<int64_t> TextFields::integers(const TextLine& line, uint64_t count) const {
  return list(line, count, &TextFields::integer);
}

std::vector<double> TextFields::numbers(const TextLine& line, uint64_t count) const {
  return list(line, count, &TextFields::number);
}

void FieldBlock::add(const TextLine& line) {
  if (find(line.key) != nullptr) {
    text_.fail(ErrorKind::kData, line.number, quoted(line.key) + " is there twice.");
  }
  lines_.push_back(line);
}

const TextLine* FieldBlock::find(std::string_view key) const {
  for (const TextLine& line : lines_) {
    if (line.key == key) return &line;
  }
  return nullptr;
}

const TextLine& FieldBlock::get(std::string_view key) const {
  const TextLine* line = find(key);
  if (line == nullptr) {
    text_.fail(
        ErrorKind::kData, text_.line_number(),
        name_ + " ends without " + quoted(key) + ": the text is truncated or not LightGBM's.");
  }
  return *line;
}

std::vector<double> FieldBlock::optional_numbers(std::string_view key, uint64_t count) const {
  const TextLine* line = find(key);
  if (line == nullptr || line->value.empty()) return std::vector<double>(count, 0.0);
  std::vector<double> values = text_.numbers(*line, count);
  for (double& value : values) value = std::isfinite(value) ? value : 0.0;
  return values;
}

std::vector<std::string_view> split_blanks(std::string_view text) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end != 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char byte : text.substr(0, 40)) out += byte >= ' ' && byte <= '~' ? byte : '?';
  return out + (text.size() > 40 ? "...'" : "'");
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<uint8_t>(text[at]);
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (size_t i = 1; i < length; ++i) {
      if ((static_cast<uint8_t>(text[at + i]) & 0xC0) != 0x80) return false;
    }
    const auto second = length > 1 ? static_cast<uint8_t>(text[at + 1]) : uint8_t{0};
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    at += length;
  }
  return true;
}

}  // namespace mainspring

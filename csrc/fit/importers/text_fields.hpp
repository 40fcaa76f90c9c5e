// Lines of the form key=value with their numbers, and exact parsing of lists of numbers: the
// alphabet of LightGBM's text format.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/error.hpp"

namespace mainspring {

/// A line of the text, without its line end. `key` is empty when there is no '='.
struct TextLine {
  uint64_t number = 0;  // from 1
  std::string_view text;
  std::string_view key;
  std::string_view value;
};

/// Hands out line after line and throws errors that say where.
class TextFields {
 public:
  TextFields(std::string_view text, std::string_view subject) : rest_(text), subject_(subject) {}

  /// False at the end of the text.
  bool next(TextLine* line);
  [[noreturn]] void fail(ErrorKind kind, uint64_t line, const std::string& what) const;
  uint64_t line_number() const { return number_; }

  int64_t integer(const TextLine& line, std::string_view token) const;
  double number(const TextLine& line, std::string_view token) const;
  /// A whole field that is one integer in [low, high].
  int64_t integer_in(const TextLine& line, int64_t low, int64_t high) const;
  /// Lists separated by blanks; `count` values are expected.
  std::vector<int64_t> integers(const TextLine& line, uint64_t count) const;
  std::vector<double> numbers(const TextLine& line, uint64_t count) const;

 private:
  template <class T>
  std::vector<T> list(const TextLine& line, uint64_t count,
                      T (TextFields::*parse)(const TextLine&, std::string_view) const) const;

  std::string_view rest_;
  std::string subject_;
  uint64_t number_ = 0;
};

/// Lines that belong together, by key: a header, or one tree.
class FieldBlock {
 public:
  FieldBlock(const TextFields& text, std::string name) : text_(text), name_(std::move(name)) {}

  void add(const TextLine& line);
  const TextLine* find(std::string_view key) const;
  const TextLine& get(std::string_view key) const;
  /// Zeros when the field is missing or empty, 0 for a value that is not finite: for numbers that
  /// no prediction depends on.
  std::vector<double> optional_numbers(std::string_view key, uint64_t count) const;

 private:
  const TextFields& text_;
  std::string name_;
  std::vector<TextLine> lines_;
};

/// Pieces between single blanks; runs of blanks count as one.
std::vector<std::string_view> split_blanks(std::string_view text);
/// One value for a message: quoted, at most 40 bytes, other than printable ASCII replaced.
std::string quoted(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace mainspring

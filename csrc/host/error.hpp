// The one exception of the host layers: what, where, expected, got, fix. bind/ translates it to
// Python's classes.
#pragma once
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace mainspring {

/// Which Python class an Error becomes (python/mainspring/errors.py).
enum class ErrorKind : uint8_t {
  kSchema,     // a column is missing or has a type that cannot be taken
  kData,       // a value cannot be taken
  kParameter,  // a parameter, option or call is wrong: ValueError side of SchemaError's tree
  kNotFitted,
  kBundleVersion,
  kBundleCorrupt,
  kUnsupported,  // a model or feature that is refused by name
  kFile,         // the operating system refused
};

/// `message` is the whole sentence for people; the fields are for programs. `row` counts from 0
/// over the whole input.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Error& column(std::string_view name) {
    column_ = name;
    return *this;
  }
  Error& row(uint64_t number) {
    row_ = number;
    return *this;
  }
  Error& expected(std::string_view text) {
    expected_ = text;
    return *this;
  }
  Error& got(std::string_view text) {
    got_ = text;
    return *this;
  }
  Error& hint(std::string_view text) {
    hint_ = text;
    return *this;
  }

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const std::string& column_name() const noexcept { return column_; }
  const std::optional<uint64_t>& row_number() const noexcept { return row_; }
  const std::string& expected_text() const noexcept { return expected_; }
  const std::string& got_text() const noexcept { return got_; }
  const std::string& hint_text() const noexcept { return hint_; }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string column_, expected_, got_, hint_;
  std::optional<uint64_t> row_;
};

}  // namespace mainspring

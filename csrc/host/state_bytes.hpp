// Little-endian bytes of mergeable states: profiles and half-fitted transforms travel between
// processes as these.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "host/error.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

class StateWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void put(T value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }
  void put_bytes(std::string_view bytes) {
    put<uint64_t>(bytes.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  void put_all(const std::vector<T>& values) {
    put<uint64_t>(values.size());
    for (const T value : values) put(value);
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

/// Every read is checked against the end; a short or absurd state is Error(kBundleCorrupt). Never
/// allocates more than the bytes that are left could describe.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  T get() {
    need(sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::string_view get_bytes() {
    const uint64_t length = get<uint64_t>();
    need(length);
    const std::string_view view = bytes_.substr(at_, length);
    at_ += length;
    return view;
  }
  /// Bytes that people will see: they must be UTF-8.
  std::string_view get_text() {
    const std::string_view text = get_bytes();
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    if (first_bad_utf8(bytes, text.size()) != text.size()) fail();
    return text;
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  std::vector<T> get_all() {
    const uint64_t count = get_count(sizeof(T));
    std::vector<T> values(count);
    for (T& value : values) value = get<T>();
    return values;
  }
  /// A count of things that take at least `bytes_each` bytes each.
  uint64_t get_count(uint64_t bytes_each) {
    const uint64_t count = get<uint64_t>();
    if (bytes_each != 0 && count > (bytes_.size() - at_) / bytes_each) fail();
    return count;
  }
  void expect_end() const {
    if (at_ != bytes_.size()) fail();
  }
  [[noreturn]] static void fail() {
    throw Error(ErrorKind::kBundleCorrupt,
                "The state bytes are truncated or not a state of this kind.");
  }

 private:
  void need(uint64_t length) const {
    if (length > bytes_.size() - at_) fail();
  }
  std::string_view bytes_;
  uint64_t at_ = 0;
};

}  // namespace mainspring

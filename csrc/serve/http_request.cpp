// Strict on purpose: two readers of one connection must never differ in where a request ends (RFC
// 9112, 11.2), so all that leaves room for doubt is left to the other one.
#include "serve/http_request.hpp"

#include <algorithm>
#include <array>

namespace mainspring {
namespace {

constexpr std::string_view kMethod = "POST ";
constexpr std::string_view kVersion = " HTTP/1.1\r\n";
constexpr size_t kMaxLengthDigits = 9;

enum ByteKind : uint8_t { kControl = 0, kValue = 1, kTarget = 2, kName = 4 };

/// What a byte may be part of.
constexpr std::array<uint8_t, 256> kBytes = [] {
  std::array<uint8_t, 256> kinds{};
  for (size_t byte = 0x20; byte < 256; ++byte) {
    if (byte != 0x7F) kinds[byte] = kValue;
  }
  kinds['\t'] = kValue;
  for (size_t byte = 0x21; byte < 0x7F; ++byte) kinds[byte] |= kTarget;
  for (size_t byte = 'a'; byte <= 'z'; ++byte) kinds[byte] |= kName;
  for (size_t byte = 'A'; byte <= 'Z'; ++byte) kinds[byte] |= kName;
  for (size_t byte = '0'; byte <= '9'; ++byte) kinds[byte] |= kName;
  for (const char byte : {'-', '_', '.'}) kinds[static_cast<uint8_t>(byte)] |= kName;
  return kinds;
}();

bool is_kind(char byte, ByteKind kind) { return (kBytes[static_cast<uint8_t>(byte)] & kind) != 0; }

/// Names are compared in lower case.
bool is_name(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
         });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Headers under which a body is framed, packed or allowed otherwise.
bool is_left_to_others(std::string_view name) {
  switch (name.size()) {
    case 6: return is_name(name, "expect");
    case 7: return is_name(name, "upgrade") || is_name(name, "trailer");
    case 16: return is_name(name, "content-encoding");
    case 17: return is_name(name, "transfer-encoding");
    case 31: return is_name(name, "inference-header-content-length");
    default: return false;
  }
}

class HeaderReader {
 public:
  HeaderReader(std::string_view text, PlainRequest* request) : left_(text), request_(request) {}

  /// Leaves `left` behind the empty line.
  bool read() noexcept {
    while (!left_.starts_with("\r\n")) {
      if (!read_line()) return false;
    }
    left_.remove_prefix(2);
    return has_length_ && left_.size() == length_;
  }
  std::string_view left() const { return left_; }

 private:
  bool read_line() noexcept {
    size_t at = 0;
    while (at < left_.size() && is_kind(left_[at], kName)) ++at;
    if (at == 0 || at == left_.size() || left_[at] != ':') return false;
    const std::string_view name = left_.substr(0, at);
    const size_t begin = ++at;
    while (at < left_.size() && is_kind(left_[at], kValue)) ++at;
    if (left_.substr(at, 2) != "\r\n") return false;
    const std::string_view value = trimmed(left_.substr(begin, at - begin));
    left_.remove_prefix(at + 2);
    return take(name, value);
  }

  bool take(std::string_view name, std::string_view value) noexcept {
    switch (name.size()) {
      case 10: return !is_name(name, "connection") || is_name(value, "keep-alive");
      case 11: return !is_name(name, "traceparent") || set(&request_->traceparent, value);
      case 12:
        if (is_name(name, "content-type")) return set(&request_->content_type, value);
        return !is_name(name, "x-request-id") || set(&request_->request_id, value);
      case 14: return !is_name(name, "content-length") || take_length(value);
      case 15: request_->accepts_encodings |= is_name(name, "accept-encoding"); return true;
      default: return !is_left_to_others(name);
    }
  }

  /// An empty value would look like none.
  static bool set(std::string_view* where, std::string_view value) noexcept {
    if (!where->empty() || value.empty()) return false;
    *where = value;
    return true;
  }

  bool take_length(std::string_view value) noexcept {
    if (has_length_ || value.empty() || value.size() > kMaxLengthDigits) return false;
    for (const char digit : value) {
      if (digit < '0' || digit > '9') return false;
      length_ = 10 * length_ + static_cast<uint64_t>(digit - '0');
    }
    has_length_ = true;
    return true;
  }

  std::string_view left_;
  PlainRequest* request_;
  bool has_length_ = false;
  uint64_t length_ = 0;
};

}  // namespace

bool read_plain_request(std::span<const uint8_t> data, PlainRequest* request) noexcept {
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (!text.starts_with(kMethod)) return false;
  text.remove_prefix(kMethod.size());
  size_t end = 0;
  while (end < text.size() && is_kind(text[end], kTarget)) ++end;
  request->target = text.substr(0, end);
  if (end == 0 || text.substr(end, kVersion.size()) != kVersion) return false;
  HeaderReader headers(text.substr(end + kVersion.size()), request);
  if (!headers.read()) return false;
  request->body = data.last(headers.left().size());
  return true;
}

}  // namespace mainspring

// A whole HTTP/1.1 request in one piece, if it is of the plain kind that clients of predictions
// send. Whatever is not is no error here: it goes to the server's own reader of HTTP.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace mainspring {

/// Views into the request. Empty where it does not say.
struct PlainRequest {
  std::string_view target;  // path and query, as they are written
  std::string_view content_type;
  std::string_view request_id;
  std::string_view traceparent;
  bool accepts_encodings = false;
  std::span<const uint8_t> body;
};

/// True: `data` is one POST from its first byte to its last, its lines end in CRLF, no header that
/// is read here stands twice, and none changes how the body is framed, packed or allowed.
bool read_plain_request(std::span<const uint8_t> data, PlainRequest* request) noexcept;

}  // namespace mainspring

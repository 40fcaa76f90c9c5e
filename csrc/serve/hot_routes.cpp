// Where an answer might be long enough to be compressed, the request is left to the server.
#include "serve/hot_routes.hpp"

#include <charconv>

#include "serve/http_request.hpp"

namespace mainspring {
namespace {

constexpr size_t kMaxIdBytes = 128;
constexpr size_t kTraceparentBytes = 55;
/// Answers below are not compressed (python/mainspring/serve/encodings.py).
constexpr uint64_t kCompressedBytes = 1024;

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdBytes) return false;
  for (const char byte : text) {
    if (byte < '!' || byte > '~') return false;
  }
  return true;
}

/// Version, trace, parent and flags in lower hexadecimal, as W3C Trace Context has them; version ff
/// and all zeros are none.
bool is_traceparent(std::string_view text) {
  if (text.size() != kTraceparentBytes || text.starts_with("ff")) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 2 || i == 35 || i == 52;
    const char byte = text[i];
    const bool is_hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
    if (is_dash ? byte != '-' : !is_hex) return false;
  }
  return text.substr(3, 32).find_first_not_of('0') != text.npos &&
         text.substr(36, 16).find_first_not_of('0') != text.npos;
}

void append_decimal(uint64_t value, int base, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out->append(digits, end);
}

std::string_view status_line(int status) {
  switch (status) {
    case 200: return "HTTP/1.1 200 OK\r\n";
    case 413: return "HTTP/1.1 413 Request Entity Too Large\r\n";
    case 503: return "HTTP/1.1 503 Service Unavailable\r\n";
    default: return "HTTP/1.1 400 Bad Request\r\n";
  }
}

}  // namespace

void HotRoutes::add(std::string target, std::shared_ptr<ServedModel> model, const RequestForm& form,
                    uint64_t max_body_bytes) {
  routes_.insert_or_assign(std::move(target), Route{std::move(model), form, max_body_bytes});
}

std::string HotRoutes::answer(std::span<const uint8_t> data, std::string_view head) {
  PlainRequest request;
  if (!read_plain_request(data, &request)) return {};
  const auto found = routes_.find(request.target);
  if (found == routes_.end() || request.content_type != "application/json") return {};
  const Route& route = found->second;
  if (request.body.size() > route.max_body_bytes) return {};
  if (request.accepts_encodings &&
      route.model->most_answer_bytes(route.form.protocol, request.body.size()) >=
          kCompressedBytes) {
    return {};
  }
  std::string id(request.request_id);
  if (!is_id(id)) {
    id = id_prefix_;
    append_decimal(next_id_.fetch_add(1, std::memory_order_relaxed), 16, &id);
  }
  const Reply reply = route.model->answer(route.form, request.body, id);
  std::string out;
  out.reserve(reply.body.size() + head.size() + 256);
  out += status_line(reply.status);
  out += head;
  out += "x-request-id: ";
  out += id;
  if (is_traceparent(request.traceparent)) {
    out += "\r\ntraceparent: ";
    out += request.traceparent;
  }
  if (reply.json_bytes != 0) {
    out += "\r\ninference-header-content-length: ";
    append_decimal(reply.json_bytes, 10, &out);
    out += "\r\ncontent-type: application/octet-stream\r\ncontent-length: ";
  } else {
    out += "\r\ncontent-type: application/json\r\ncontent-length: ";
  }
  append_decimal(reply.body.size(), 10, &out);
  out += "\r\n\r\n";
  out += reply.body;
  return out;
}

}  // namespace mainspring

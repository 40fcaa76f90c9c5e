// Requests to known addresses from the bytes of the socket to the bytes of the answer, in one call:
// HTTP, the model, and HTTP again.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "serve/served_model.hpp"

namespace mainspring {

class HotRoutes {
 public:
  /// `id_prefix`: what the ids of requests begin with that bring none.
  explicit HotRoutes(std::string id_prefix) : id_prefix_(std::move(id_prefix)) {}

  /// POSTs to `target` (path and query as they are written) with JSON of at most `max_body_bytes`
  /// are answered from now on.
  void add(std::string target, std::shared_ptr<ServedModel> model, const RequestForm& form,
           uint64_t max_body_bytes);
  uint64_t size() const { return routes_.size(); }

  /// A whole response with `head` among its headers (lines that end in CRLF); empty: this is
  /// nothing that is answered here, and nothing was done or counted. Safe from many threads as long
  /// as none adds.
  std::string answer(std::span<const uint8_t> request, std::string_view head);

 private:
  struct Route {
    std::shared_ptr<ServedModel> model;
    RequestForm form;
    uint64_t max_body_bytes;
  };

  std::string id_prefix_;
  std::atomic<uint64_t> next_id_{1};
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace mainspring

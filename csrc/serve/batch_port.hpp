// Where requests that were answered in batches come back: a descriptor that can be read when some
// are there, so that an event loop takes all of them at once.
#pragma once
#include <cstdint>
#include <mutex>
#include <vector>

#include "serve/model_context.hpp"

namespace mainspring {

struct BatchedReply {
  uint64_t ticket;  // what the request was submitted with
  Reply reply;
};

class BatchPort {
 public:
  /// Throws Error(kFile) where the system has no descriptor left.
  BatchPort();
  ~BatchPort();
  BatchPort(const BatchPort&) = delete;
  BatchPort& operator=(const BatchPort&) = delete;

  int descriptor() const { return descriptor_; }
  void put(std::vector<BatchedReply> replies);
  /// All that are there; the descriptor cannot be read then until more are.
  std::vector<BatchedReply> take();

 private:
  int descriptor_;
  std::mutex lock_;
  std::vector<BatchedReply> replies_;
};

}  // namespace mainspring

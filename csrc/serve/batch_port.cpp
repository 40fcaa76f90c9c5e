// An eventfd: one write wakes the loop, however many replies lie there.
#include "serve/batch_port.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

#include "host/error.hpp"

namespace mainspring {

BatchPort::BatchPort() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) {
    throw Error(ErrorKind::kFile,
                std::string("There is no descriptor for batches: ") + std::strerror(errno) + ".");
  }
}

BatchPort::~BatchPort() { close(descriptor_); }

void BatchPort::put(std::vector<BatchedReply> replies) {
  const std::lock_guard locked(lock_);
  if (replies_.empty()) {
    replies_ = std::move(replies);
  } else {
    std::move(replies.begin(), replies.end(), std::back_inserter(replies_));
  }
  const uint64_t one = 1;
  // Fails only where the descriptor can be read anyway.
  [[maybe_unused]] const ssize_t written = write(descriptor_, &one, sizeof one);
}

std::vector<BatchedReply> BatchPort::take() {
  const std::lock_guard locked(lock_);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(descriptor_, &count, sizeof count);
  std::vector<BatchedReply> taken;
  taken.swap(replies_);
  return taken;
}

}  // namespace mainspring

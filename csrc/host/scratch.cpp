// One growing buffer for each thread. Thread-local, so that no lock can be left held by a fork.
#include "host/scratch.hpp"

#include <new>

namespace mainspring {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Buffer {
  uint8_t* data = nullptr;
  uint64_t length = 0;

  ~Buffer() { ::operator delete(data, kAlignment); }
};

thread_local Buffer buffer;

}  // namespace

uint8_t* thread_scratch(uint64_t length) {
  if (length > buffer.length || buffer.data == nullptr) {
    ::operator delete(buffer.data, kAlignment);
    buffer.data = nullptr;
    buffer.length = 0;
    buffer.data = static_cast<uint8_t*>(::operator new(length, kAlignment));
    buffer.length = length;
  }
  return buffer.data;
}

}  // namespace mainspring

// One growing buffer for each thread. Thread-local, so that no lock can be left held by a fork.
#include "host/scratch.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace mainspring {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Buffer {
  uint8_t* data = nullptr;
  uint64_t length = 0;

  ~Buffer() { ::operator delete(data, kAlignment); }
};

thread_local Buffer buffer;

constexpr uint64_t kKeptTextBytes = uint64_t{4} << 20;

/// Strings lie in the memory of the time, so what it grows out of stays until the call is over.
struct Texts : TextRoom {
  Texts() : TextRoom{nullptr, 0, 0, &grow_memory, 0, false} {}

  static bool grow_memory(TextRoom* room, uint64_t needed) noexcept {
    auto* self = static_cast<Texts*>(room);
    const uint64_t length = std::max({needed, 2 * self->capacity, kTextRoomBytes});
    std::unique_ptr<uint8_t[]> larger(new (std::nothrow) uint8_t[length]);
    if (larger == nullptr) return false;
    try {
      self->before.push_back(std::move(self->memory));
    } catch (const std::bad_alloc&) {
      return false;
    }
    self->memory = std::move(larger);
    self->bytes = self->memory.get();
    self->used = 0;
    self->capacity = length;
    return true;
  }

  void shrink() {
    before.clear();
    if (capacity <= kKeptTextBytes) return;
    memory.reset();
    bytes = nullptr;
    used = capacity = 0;
  }

  std::unique_ptr<uint8_t[]> memory;
  std::vector<std::unique_ptr<uint8_t[]>> before;
};

thread_local Texts texts;

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

TextRoom* thread_texts() {
  texts.shrink();
  return &texts;
}

void check_texts(Status status) {
  if (!status.ok()) throw std::bad_alloc();
}

}  // namespace mainspring

// Arrays that grow and are made again and again: large ones in memory that is kept from one to the
// next.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "host/kept_memory.hpp"

namespace mainspring {

/// What is smaller is mostly memory that was in use before.
inline constexpr uint64_t kLeastKeptBytes = uint64_t{1} << 20;

/// Numbers that are not initialised. Fresh pages of the operating system cost several times what it
/// costs to fill them.
template <class T>
class KeptArray {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  KeptArray() = default;
  KeptArray(KeptArray&& other) noexcept : block_(std::exchange(other.block_, {})) {}
  KeptArray& operator=(KeptArray&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~KeptArray() { release(block_); }

  T* data() const { return static_cast<T*>(block_.data); }
  uint64_t capacity() const { return block_.num_bytes / sizeof(T); }

  /// Room for `count`, where the first `used` stay. Throws std::bad_alloc.
  void reserve(uint64_t count, uint64_t used) {
    if (count <= capacity() && block_.data != nullptr) return;
    if (count > UINT64_MAX / sizeof(T)) throw std::bad_alloc();
    const uint64_t num_bytes = (count == 0 ? 1 : count) * sizeof(T);
    const MemoryBlock block = num_bytes < kLeastKeptBytes
                                  ? MemoryBlock{std::malloc(num_bytes), num_bytes}
                                  : take_memory(num_bytes);
    if (block.data == nullptr) throw std::bad_alloc();
    if (used != 0) std::memcpy(block.data, block_.data, used * sizeof(T));
    release(block_);
    block_ = block;
  }

 private:
  static void release(MemoryBlock block) noexcept {
    if (block.num_bytes < kLeastKeptBytes) {
      std::free(block.data);
    } else {
      give_back_memory(block);
    }
  }

  MemoryBlock block_;
};

/// For vectors in such memory, at multiples of 64.
template <class T>
struct KeptAllocator {
  using value_type = T;

  T* allocate(size_t count) {
    if (count > UINT64_MAX / 2 / sizeof(T)) throw std::bad_alloc();
    const uint64_t num_bytes = kHeaderBytes + count * sizeof(T);
    MemoryBlock block{};  // of none, if malloc() has made it
    void* memory = nullptr;
    if (num_bytes < kLeastKeptBytes) {
      memory = ::operator new(num_bytes, std::align_val_t(kHeaderBytes));
    } else {
      block = take_memory(num_bytes);
      memory = block.data;
      if (memory == nullptr) throw std::bad_alloc();
    }
    std::memcpy(memory, &block, sizeof block);
    return reinterpret_cast<T*>(static_cast<uint8_t*>(memory) + kHeaderBytes);
  }
  void deallocate(T* values, size_t) {
    void* const memory = reinterpret_cast<uint8_t*>(values) - kHeaderBytes;
    MemoryBlock block;
    std::memcpy(&block, memory, sizeof block);
    if (block.data == nullptr) {
      ::operator delete(memory, std::align_val_t(kHeaderBytes));
    } else {
      give_back_memory(block);
    }
  }
  bool operator==(const KeptAllocator&) const { return true; }

 private:
  static constexpr size_t kHeaderBytes = 64;
};

}  // namespace mainspring

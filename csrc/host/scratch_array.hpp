// Arrays of one call, scratch or result: large ones in memory that is kept between calls.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "host/kept_memory.hpp"
#include "host/large_pages.hpp"

namespace mainspring {

/// What Arrow asks of buffers, and a line of the cache.
inline constexpr uint64_t kBufferAlignment = 64;

/// Numbers that are not initialised, aligned; the capacity is set once.
template <class T>
class ScratchArray {
 public:
  ScratchArray() = default;
  explicit ScratchArray(uint64_t capacity) { reserve(capacity); }
  ScratchArray(ScratchArray&& other) noexcept
      : block_(std::exchange(other.block_, {})), capacity_(std::exchange(other.capacity_, 0)) {}
  ScratchArray& operator=(ScratchArray&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~ScratchArray() { release(); }

  T* data() const { return static_cast<T*>(block_.data); }
  uint64_t capacity() const { return capacity_; }

  /// Room for `count`; what was there is lost. Throws std::bad_alloc.
  void reserve(uint64_t count) {
    release();
    if (count > UINT64_MAX / sizeof(T)) throw std::bad_alloc();
    const uint64_t num_bytes = (count == 0 ? 1 : count) * sizeof(T);
    block_ = num_bytes < kLeastLargeBytes ? small_block(num_bytes) : take_memory(num_bytes);
    if (block_.data == nullptr) throw std::bad_alloc();
    capacity_ = count;
  }

 private:
  static MemoryBlock small_block(uint64_t num_bytes) noexcept {
    const uint64_t whole = (num_bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    return {std::aligned_alloc(kBufferAlignment, whole), num_bytes};
  }
  void release() noexcept {
    if (block_.num_bytes < kLeastLargeBytes) {
      std::free(block_.data);
    } else {
      give_back_memory(block_);
    }
    block_ = {};
    capacity_ = 0;
  }

  MemoryBlock block_;
  uint64_t capacity_ = 0;
};

}  // namespace mainspring

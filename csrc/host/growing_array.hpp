// Memory that grows without a copy where the operating system can move its pages, and that is not
// touched before it is written.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "host/large_pages.hpp"

namespace mainspring {

/// Numbers in memory of malloc: like a vector, but nothing is initialised and there is no size.
template <class T>
class GrowingArray {
 public:
  GrowingArray() = default;
  explicit GrowingArray(uint64_t capacity) { reserve(capacity); }
  GrowingArray(GrowingArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  GrowingArray& operator=(GrowingArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~GrowingArray() { std::free(data_); }

  T* data() const { return data_; }
  uint64_t capacity() const { return capacity_; }

  /// Room for `count`, and for half as many more than before where it grows; false: no memory.
  bool try_reserve(uint64_t count) noexcept {
    if (count <= capacity_ && data_ != nullptr) return true;
    return resize(count < capacity_ + capacity_ / 2 ? capacity_ + capacity_ / 2 : count);
  }
  /// Throws std::bad_alloc.
  void reserve(uint64_t count) {
    if (!try_reserve(count)) throw std::bad_alloc();
  }
  /// Gives back what is beyond `count`.
  void shrink(uint64_t count) noexcept { resize(count); }

 private:
  bool resize(uint64_t count) noexcept {
    if (count > UINT64_MAX / sizeof(T)) return false;
    void* const moved = std::realloc(data_, (count == 0 ? 1 : count) * sizeof(T));
    if (moved == nullptr) return false;
    prefer_large_pages(moved, count * sizeof(T));
    data_ = static_cast<T*>(moved);
    capacity_ = count;
    return true;
  }

  T* data_ = nullptr;
  uint64_t capacity_ = 0;
};

}  // namespace mainspring

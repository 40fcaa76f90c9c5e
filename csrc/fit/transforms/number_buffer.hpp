// Numbers that wait: appended a block at a time to memory that grows without a copy.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "host/growing_array.hpp"

namespace mainspring {

/// A vector of doubles that a long column fills with one write of each number, where a vector would
/// copy what is there each time that it doubles.
class NumberBuffer {
 public:
  NumberBuffer() = default;
  NumberBuffer(const NumberBuffer& other) { append(other.numbers()); }
  NumberBuffer(NumberBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  NumberBuffer& operator=(NumberBuffer other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~NumberBuffer() = default;

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  double* data() { return memory_.data(); }
  std::span<const double> numbers() const { return {memory_.data(), size_}; }

  void append(std::span<const double> numbers) {
    if (numbers.empty()) return;
    memory_.reserve(size_ + numbers.size());
    std::memcpy(memory_.data() + size_, numbers.data(), numbers.size_bytes());
    size_ += numbers.size();
  }
  void append(uint64_t count, double number) {
    memory_.reserve(size_ + count);
    std::fill_n(memory_.data() + size_, count, number);
    size_ += count;
  }
  /// The memory stays.
  void clear() { size_ = 0; }

 private:
  GrowingArray<double> memory_;
  uint64_t size_ = 0;
};

}  // namespace mainspring

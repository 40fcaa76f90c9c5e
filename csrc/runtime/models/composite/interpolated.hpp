// A line between given points, as calibrations of scores follow it.
#pragma once
#include <cstdint>

namespace mainspring {

/// As numpy.interp, whose value at a point is the point's own; NaN for NaN. Constexpr, so that a
/// GPU runs it too.
constexpr double interpolated(double value, const double* x, const double* y,
                              uint32_t count) noexcept {
  if (value != value) return value;
  uint32_t behind = 0;  // points at or below the value
  for (uint32_t size = count; size != 0;) {
    const uint32_t half = size / 2;
    if (x[behind + half] <= value) {
      behind += half + 1;
      size -= half + 1;
    } else {
      size = half;
    }
  }
  if (behind == 0) return y[0];
  const uint32_t at = behind - 1;
  if (behind == count || x[at] == value) return y[at];
  const double slope = (y[behind] - y[at]) / (x[behind] - x[at]);
  return slope * (value - x[at]) + y[at];
}

}  // namespace mainspring

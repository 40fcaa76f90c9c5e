// Through logarithms: no digits are lost where lambda is near 0 or 2.
#include "runtime/core/power.hpp"

#include "runtime/core/math.hpp"

namespace mainspring {

double power_of_log(double log, double power) noexcept {
  const double magnitude = power < 0.0 ? -power : power;
  if (magnitude < 0x1p-64) return log;  // power * log^2 / 2, what is left out, is below 2^-54 of it
  return expm1_value(power * log) / power;
}

double yeo_johnson_value(double x, double lambda) noexcept {
  if (x < 0.0) return -power_of_log(log1p_value(-x), 2.0 - lambda);
  return power_of_log(log1p_value(x), lambda);
}

double box_cox_value(double x, double lambda) noexcept {
  if (!(x > 0.0)) return __builtin_bit_cast(double, uint64_t{0x7FF8000000000000});
  return power_of_log(log_value(x), lambda);
}

}  // namespace mainspring

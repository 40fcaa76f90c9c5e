// Terms of binomial and gamma densities without cancellation.
#include "measure/drift/saddle_point.hpp"

#include <cmath>
#include <numbers>

namespace mainspring {

double stirling_error(double x) {
  if (x == 0) return 0;
  if (x <= 15) {
    const double half_log_two_pi = 0.5 * std::log(2 * std::numbers::pi);
    return std::lgamma(x + 1) - (x + 0.5) * std::log(x) + x - half_log_two_pi;
  }
  const double square = x * x;
  double series = 1.0 / 1188 / square;
  series = (1.0 / 1680 - series) / square;
  series = (1.0 / 1260 - series) / square;
  series = (1.0 / 360 - series) / square;
  return (1.0 / 12 - series) / x;
}

double deviance(double x, double delta) {
  if (x == 0) return delta;
  const double ratio = -delta / (2 * x + delta);
  if (std::fabs(ratio) >= 0.1) return x * std::log(x / (x + delta)) + delta;
  const double square = ratio * ratio;
  double sum = -delta * ratio;
  double power = 2 * x * ratio;
  for (int odd = 3;; odd += 2) {
    power *= square;
    const double next = sum + power / odd;
    if (next == sum) return sum;
    sum = next;
  }
}

}  // namespace mainspring

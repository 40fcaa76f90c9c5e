// Pearson's test on two rows of counts, and the shares that rates are judged by.
#include "measure/drift/contingency.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/drift/incomplete_gamma.hpp"

namespace mainspring {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// z with P(|normal| > z) = level, by bisection on erfc: twenty lines less than a rational fit, and
// right to the last digit.
double normal_bound(double level) {
  double low = 0;
  double high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (std::erfc(middle / std::sqrt(2.0)) > level ? low : high) = middle;
  }
  return low;
}

struct Interval {
  double low;
  double high;
};

// Wilson (1927).
Interval wilson(double count, double rows, double z) {
  const double share = count / rows;
  const double square = z * z / rows;
  const double center = share + square / 2;
  const double spread =
      z * std::sqrt(std::max(0.0, share * (1 - share)) / rows + z * z / (4 * rows * rows));
  return {(center - spread) / (1 + square), (center + spread) / (1 + square)};
}

}  // namespace

ContingencyTest test_homogeneity(const Frequencies& classes) {
  const double n = classes.reference_total;
  const double m = classes.current_total;
  if (classes.size() < 2 || n == 0 || m == 0) return {0, 0, 1};
  const double dof = static_cast<double>(classes.size()) - 1;
  double statistic = 0;
  for (uint64_t i = 0; i < classes.size(); ++i) {
    const double pooled = classes.reference[i] + classes.current[i];
    const double expected = pooled * n / (n + m);
    double difference = std::fabs(classes.reference[i] - expected);
    if (dof == 1) difference -= std::min(0.5, difference);
    // Both rows of a column differ from what is expected by the same amount.
    statistic += difference * difference * (1 / expected + (n + m) / (pooled * m));
  }
  return {statistic, dof, chi_squared_tail(statistic, dof)};
}

ShareChange compare_shares(double first, double first_rows, double second, double second_rows,
                           double level) {
  if (first_rows == 0 || second_rows == 0) return {kNan, kNan, kNan, 1};
  Frequencies table;
  table.add(first, second);
  table.add(first_rows - first, second_rows - second);
  const double z = normal_bound(level);
  const Interval before = wilson(first, first_rows, z);
  const Interval now = wilson(second, second_rows, z);
  const double p = first / first_rows;
  const double q = second / second_rows;
  const double change = q - p;
  const double below =
      std::sqrt((q - now.low) * (q - now.low) + (before.high - p) * (before.high - p));
  const double above =
      std::sqrt((now.high - q) * (now.high - q) + (p - before.low) * (p - before.low));
  return {change, change - below, change + above, test_homogeneity(table).p_value};
}

}  // namespace mainspring

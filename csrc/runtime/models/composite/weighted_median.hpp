// The weighted median of a row, as scikit-learn's AdaBoostRegressor chooses among its predictions.
#pragma once
#include <cstdint>

namespace mainspring {

/// The smallest of value(0), ..., value(count - 1) at which the running sum of weights, in
/// ascending order of values, is at least half of all (Drucker, "Improving Regressors using
/// Boosting Techniques", 1997). Equal values stand in the order of their numbers, NaN behind all.
/// `order` has room for `count` numbers. A heap sort: no recursion, no row takes long. Constexpr,
/// so that a GPU runs it too, where the numbers of a row do not lie side by side.
template <class Value, class Order>
constexpr double weighted_median(const Value& value, const double* weights, uint32_t count,
                                 Order order) noexcept {
  const auto is_before = [&](uint32_t a, uint32_t b) {
    const double first = value(a), second = value(b);
    const bool first_is_nan = first != first, second_is_nan = second != second;
    if (first_is_nan != second_is_nan) return second_is_nan;
    if (first < second || second < first) return first < second;
    return a < b;
  };
  const auto sink = [&](uint32_t at, uint32_t size) {
    const uint32_t moved = order[at];
    while (2 * uint64_t{at} + 1 < size) {
      uint32_t child = 2 * at + 1;
      if (child + 1 < size && is_before(order[child], order[child + 1])) ++child;
      if (!is_before(moved, order[child])) break;
      order[at] = order[child];
      at = child;
    }
    order[at] = moved;
  };
  for (uint32_t i = 0; i < count; ++i) order[i] = i;
  for (uint32_t i = count / 2; i-- > 0;) sink(i, count);
  for (uint32_t size = count; size-- > 1;) {
    const uint32_t last = order[size];
    order[size] = order[0];
    order[0] = last;
    sink(0, size);
  }
  double total = 0;
  for (uint32_t i = 0; i < count; ++i) total += weights[order[i]];
  const double half = 0.5 * total;
  double sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    sum += weights[order[i]];
    if (sum >= half) return value(order[i]);
  }
  return value(order[count - 1]);
}

}  // namespace mainspring

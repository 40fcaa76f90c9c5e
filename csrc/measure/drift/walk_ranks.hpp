// Both samples of a column, value by value: what statistics of ranks are computed from.
#pragma once
#include <cstddef>
#include <cstdint>

#include "profile/distribution.hpp"

namespace mainspring {

/// Calls visit(value, in_x, in_y) for every distinct value of both, ascending, with how often each
/// side holds it.
template <class Visit>
void for_each_value(const Distribution& x, const Distribution& y, const Visit& visit) {
  size_t i = 0, j = 0;
  while (i < x.values.size() || j < y.values.size()) {
    const bool take_x = j == y.values.size() || (i < x.values.size() && x.values[i] <= y.values[j]);
    const bool take_y = i == x.values.size() || (j < y.values.size() && y.values[j] <= x.values[i]);
    const double value = take_x ? x.values[i] : y.values[j];
    const uint64_t in_x = take_x ? x.counts[i++] : 0;
    const uint64_t in_y = take_y ? y.counts[j++] : 0;
    visit(value, in_x, in_y);
  }
}

}  // namespace mainspring

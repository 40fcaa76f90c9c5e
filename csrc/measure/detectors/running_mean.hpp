// A mean that is kept up to date value by value.
#pragma once
#include <cstdint>

namespace mainspring {

struct RunningMean {
  double count = 0;
  double mean = 0;

  void add(double value) {
    count += 1;
    mean += (value - mean) / count;
  }
  template <class Visit>
  void visit(const Visit& field) {
    field(count);
    field(mean);
  }
};

}  // namespace mainspring

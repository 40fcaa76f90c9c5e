// Plain counts and extremes of a column's numbers.
#include "profile/number_tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mainspring {

void NumberTally::add(const double* values, uint64_t num_values) {
  if (num_values == 0) return;
  double low = count == 0 ? values[0] : min;
  double high = count == 0 ? values[0] : max;
  uint64_t zero = 0, negative = 0, fraction = 0, infinite = 0;
  for (uint64_t i = 0; i < num_values; ++i) {
    const double value = values[i];
    low = value < low ? value : low;
    high = value > high ? value : high;
    zero += value == 0 ? 1 : 0;
    negative += value < 0 ? 1 : 0;
    fraction += std::trunc(value) != value ? 1 : 0;
    infinite += std::fabs(value) > std::numeric_limits<double>::max() ? 1 : 0;
  }
  count += num_values;
  zeros += zero;
  negatives += negative;
  fractional += fraction;
  min = low;
  max = high;
  for (uint64_t i = 0; infinite > 0 && i < num_values; ++i) {
    if (!std::isinf(values[i])) continue;
    ++(values[i] > 0 ? positive_infinities : negative_infinities);
  }
}

void NumberTally::add_repeated(double value, uint64_t times) {
  NumberTally one;
  one.add(&value, 1);
  one.count *= times;
  one.positive_infinities *= times;
  one.negative_infinities *= times;
  one.zeros *= times;
  one.negatives *= times;
  one.fractional *= times;
  merge(one);
}

void NumberTally::merge(const NumberTally& other) {
  if (other.count == 0) return;
  min = count == 0 ? other.min : std::min(min, other.min);
  max = count == 0 ? other.max : std::max(max, other.max);
  count += other.count;
  positive_infinities += other.positive_infinities;
  negative_infinities += other.negative_infinities;
  zeros += other.zeros;
  negatives += other.negatives;
  fractional += other.fractional;
}

void NumberTally::write(StateWriter& writer) const {
  writer.put(count);
  writer.put(positive_infinities);
  writer.put(negative_infinities);
  writer.put(zeros);
  writer.put(negatives);
  writer.put(fractional);
  writer.put(min);
  writer.put(max);
}

NumberTally NumberTally::read(StateReader& reader) {
  NumberTally tally;
  tally.count = reader.get<uint64_t>();
  tally.positive_infinities = reader.get<uint64_t>();
  tally.negative_infinities = reader.get<uint64_t>();
  tally.zeros = reader.get<uint64_t>();
  tally.negatives = reader.get<uint64_t>();
  tally.fractional = reader.get<uint64_t>();
  tally.min = reader.get<double>();
  tally.max = reader.get<double>();
  const bool counts_fit =
      tally.positive_infinities <= tally.count &&
      tally.negative_infinities <= tally.count - tally.positive_infinities &&
      tally.zeros <= tally.finite() && tally.fractional <= tally.finite() - tally.zeros &&
      tally.negatives <= tally.count && tally.negative_infinities <= tally.negatives;
  if (!counts_fit || !(tally.min <= tally.max)) StateReader::fail();
  return tally;
}

}  // namespace mainspring

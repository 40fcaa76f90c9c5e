// What is left of exact sums when one is taken from another: rounded once, however much cancels.
#pragma once
#include <vector>

#include "runtime/core/exact_sum.hpp"

namespace mainspring {

/// The sum as doubles of falling size: its rounding, the rounding of what is left, ... Six of them
/// hold the first 318 bits at least, more than any cancellation of moments can eat.
std::vector<double> leading_parts(ExactSum sum);

/// count * squares - sum^2: count times the squared deviations from the mean. Not negative; 0
/// exactly where all values are the same.
double scaled_spread(double count, const ExactSum& sum, const ExactSum& squares);

/// The same of integers below 2^53.
double scaled_spread(double count, double sum, double squares);

/// a * x - b * y.
double scaled_difference(double a, const ExactSum& x, double b, const ExactSum& y);
/// The same of integers below 2^53.
double scaled_difference(double a, double x, double b, double y);

}  // namespace mainspring

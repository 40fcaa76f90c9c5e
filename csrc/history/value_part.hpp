// Sums, squares, extremes and counts of some values of a column: what is added up of the events
// that a request sees, and what blocks of events hold ready.
#pragma once
#include <cstdint>

#include "runtime/core/window_sum.hpp"

namespace mainspring {

struct ValuePart {
  uint64_t present = 0, count = 0;  // values that are there; of these on the grid
  WindowSum sum;
  WindowSquares squares;
  double smallest = 0, largest = 0;

  /// `has_squares`: somebody asks for a deviation.
  void add(double value, int32_t exponent, bool has_squares) {
    if (value != value) return;
    smallest = present == 0 || value < smallest ? value : smallest;
    largest = present == 0 || value > largest ? value : largest;
    ++present;
    GridInteger integer = 0;
    if (!to_grid(value, exponent, &integer)) return;
    ++count;
    sum.add(integer);
    if (has_squares) squares.add(integer);
  }

  void add(const ValuePart& other) {
    if (other.present == 0) return;
    smallest = present == 0 || other.smallest < smallest ? other.smallest : smallest;
    largest = present == 0 || other.largest > largest ? other.largest : largest;
    present += other.present;
    count += other.count;
    sum.add(other.sum.sum);
    squares.low += other.squares.low;
    squares.high += other.squares.high + (squares.low < other.squares.low ? 1 : 0);
  }
};

}  // namespace mainspring

// The log loss of a row that learns: what it adds to the sum, and how its score should move.
#pragma once
#include <cmath>

#include "runtime/core/math.hpp"

namespace mainspring {

/// Without a branch on the label or on the sign of the score: neither can be foretold.
class RowLosses {
 public:
  /// Adds up the loss; returns the slope of it along the score.
  float add(float score, float label, float row_weight) {
    const auto wide = static_cast<double>(score), wide_label = static_cast<double>(label);
    // exp of what is never positive: nothing overflows.
    const double fall = exp_value(-std::fabs(wide));
    const double parts[2] = {1, fall};
    const double chance = parts[static_cast<int>(wide < 0)] / (1 + fall);
    const double margin = wide * (2 * wide_label - 1);
    const auto weight = static_cast<double>(row_weight);
    loss_ += weight * (log1p_value(fall) - (margin < 0 ? margin : 0));
    total_weight_ += weight;
    return row_weight * static_cast<float>(chance - wide_label);
  }

  double loss() const { return loss_; }
  double total_weight() const { return total_weight_; }

 private:
  double loss_ = 0, total_weight_ = 0;
};

}  // namespace mainspring

// The derivative of the likelihood, and the search for its root.
#include "fit/transforms/power_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/transforms/extremes.hpp"
#include "runtime/core/math.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

namespace {

using Run = ValueRuns::Run;

constexpr double kLargestLambda = 1024;
constexpr double kLargestLogarithm = 300;
/// At e^-12 a third of the digits is left of what tells two values apart.
constexpr double kSmallestLogarithm = -12;

/// A sum whose rounding errors are added up beside it (A. Neumaier, 1974).
class Sum {
 public:
  void add(double value) {
    const double next = sum_ + value;
    lost_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

/// How power_of_log(log, power) changes with power.
double power_slope(double log, double power) {
  const double z = power * log;
  if (std::fabs(z) > 0.5) return (log * exp_value(z) - expm1_value(z) / power) / power;
  // log^2 * (1/2 + z/3 + z^2/8 + ... + z^k / (k! (k + 2))): the form above would lose digits.
  double term = 1, sum = 0.5;
  for (int k = 1; k <= 16; ++k) {
    term *= z / k;
    sum += term / (k + 2);
  }
  return log * log * sum;
}

class Likelihood {
 public:
  Likelihood(std::span<const Run> runs, PowerFamily family) {
    Sum jacobian;
    double nearest = std::numeric_limits<double>::infinity(), farthest = -nearest;
    for (const Run& run : runs) {
      const bool below = family == PowerFamily::kYeoJohnson && run.value < 0;
      const double log =
          family == PowerFamily::kBoxCox ? log_value(run.value) : log1p_value(std::fabs(run.value));
      const auto weight = static_cast<double>(run.count);
      points_.push_back({log, weight, below});
      jacobian.add(weight * (below ? -log : log));
      total_ += weight;
      nearest = std::min(nearest, below ? -log : log);
      farthest = std::max(farthest, below ? -log : log);
      // Where an exponent would take a value beyond the limit.
      if (log < 0) {
        lowest_ = std::max(lowest_, kLargestLogarithm / log);
      } else if (below) {
        lowest_ = std::max(lowest_, 2 - kLargestLogarithm / log);
      } else if (log > 0) {
        highest_ = std::min(highest_, kLargestLogarithm / log);
      }
    }
    // All on one side of zero, and none near: an exponent may bring them too close together.
    const double offset = family == PowerFamily::kYeoJohnson && farthest < 0 ? 2 : 0;
    if (nearest > 0) lowest_ = std::max(lowest_, kSmallestLogarithm / nearest);
    if (farthest < 0) highest_ = std::min(highest_, offset + kSmallestLogarithm / farthest);
    mean_jacobian_ = jacobian.value() / total_;
    center(nearest, farthest);
    values_.resize(points_.size());
    slopes_.resize(points_.size());
  }

  double lowest() const { return lowest_; }
  double highest() const { return highest_; }

  /// Of the negative logarithm, for one row: below 0 left of the best lambda, above 0 right of it.
  double slope(double lambda) {
    Sum value_sum;
    for (size_t i = 0; i < points_.size(); ++i) {
      const auto& [log, weight, below] = points_[i];
      const double power = below ? 2 - lambda : lambda;
      values_[i] = below ? -power_of_log(log, power) : power_of_log(log, power);
      slopes_[i] = power_slope(log, power);
      value_sum.add(weight * values_[i]);
    }
    const double mean = value_sum.value() / total_;
    double widest = 0;
    for (double& value : values_) {
      value -= mean;
      widest = std::max(widest, std::fabs(value));
    }
    // So far out that all values have become one: the way back is the way to 1.
    if (widest == 0) return lambda < 1 ? -1 : 1;
    Sum products, squares;
    for (size_t i = 0; i < points_.size(); ++i) {
      const double scaled = values_[i] / widest;  // squares of the values could leave float64
      squares.add(points_[i].weight * scaled * scaled);
      products.add(points_[i].weight * scaled * (slopes_[i] / widest));
    }
    return products.value() / squares.value() - mean_jacobian_;
  }

 private:
  /// Values of one side may be divided by any number without another lambda. Around 1 they keep the
  /// digits that a power far from 0 takes from values that are close together.
  void center(double nearest, double farthest) {
    const bool below = points_[0].below;
    for (const Point& point : points_) {
      if (point.below != below) return;
    }
    const double middle = nearest + (farthest - nearest) / 2;
    for (Point& point : points_) point.log -= below ? -middle : middle;
    mean_jacobian_ -= middle;
  }

  struct Point {
    double log;
    double weight;
    bool below;  // Yeo-Johnson's other side, where the exponent is 2 - lambda
  };

  std::vector<Point> points_;
  std::vector<double> values_;
  std::vector<double> slopes_;
  double total_ = 0;
  double mean_jacobian_ = 0;
  double lowest_ = -kLargestLambda;
  double highest_ = kLargestLambda;
};

/// Between signs: a chord's end that stays gets half its height (the Illinois rule), and the middle
/// is taken where three chords have not halved the way.
double root_between(Likelihood* likelihood, double low, double slope_low, double high,
                    double slope_high) {
  double before = high - low;
  int last_side = 0;
  for (int step = 1; step <= 300; ++step) {
    double next = high - slope_high * (high - low) / (slope_high - slope_low);
    if (step % 3 == 0) {
      if (high - low > before / 2) next = low + (high - low) / 2;
      before = high - low;
    }
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    const double room = 1e-14 * std::max(1.0, std::fabs(next));
    if (!(next > low && next < high) || high - low <= room) return next;
    const double slope = likelihood->slope(next);
    if (slope == 0) return next;
    const int side = slope < 0 ? -1 : 1;
    (side < 0 ? low : high) = next;
    (side < 0 ? slope_low : slope_high) = slope;
    if (side == last_side) (side < 0 ? slope_high : slope_low) /= 2;
    last_side = side;
  }
  return low + (high - low) / 2;
}

double best_lambda(Likelihood* likelihood) {
  const double lowest = likelihood->lowest(), highest = likelihood->highest();
  if (!(lowest < highest)) return 1;
  double low = std::clamp(-2.0, lowest, highest), high = std::clamp(2.0, lowest, highest);
  if (low == high) (low > lowest ? low : high) = low > lowest ? lowest : highest;
  double slope_low = likelihood->slope(low), slope_high = likelihood->slope(high);
  while (slope_low > 0) {
    if (low == lowest) return low;
    high = low;
    slope_high = slope_low;
    low = std::max(lowest, 2 * std::min(low, -1.0));
    slope_low = likelihood->slope(low);
  }
  while (slope_high < 0) {
    if (high == highest) return high;
    low = high;
    slope_low = slope_high;
    high = std::min(highest, 2 * std::max(high, 1.0));
    slope_high = likelihood->slope(high);
  }
  if (slope_low == 0) return low;
  if (slope_high == 0) return high;
  return root_between(likelihood, low, slope_low, high, slope_high);
}

}  // namespace

PowerFit fit_power(std::span<const Run> runs, PowerFamily family) {
  PowerFit fit;
  if (runs.empty()) return fit;
  if (runs.size() > 1) {
    Likelihood likelihood(runs, family);
    fit.lambda = best_lambda(&likelihood);
  }
  const auto transformed = [&](const Run& run) {
    return family == PowerFamily::kBoxCox ? box_cox_value(run.value, fit.lambda)
                                          : yeo_johnson_value(run.value, fit.lambda);
  };
  Sum values, weights;
  for (const Run& run : runs) {
    const auto weight = static_cast<double>(run.count);
    values.add(weight * transformed(run));
    weights.add(weight);
  }
  // One value for all: its own mean, whatever the sum has rounded.
  fit.mean = runs.size() == 1 ? transformed(runs[0]) : values.value() / weights.value();
  Sum squares;
  for (const Run& run : runs) {
    const double distance = transformed(run) - fit.mean;
    squares.add(static_cast<double>(run.count) * (distance * distance));
  }
  fit.deviation = std::sqrt(squares.value() / weights.value());
  if (fit.deviation == 0) fit.deviation = 1;
  return fit;
}

std::vector<Feature> emit_power(std::string_view transform, std::span<const Run> runs,
                                PowerFamily family, bool standardize, const Feature& in,
                                PlanBuilder& builder) {
  const PowerFit fit = fit_power(runs, family);
  if (!std::isfinite(fit.mean) || !std::isfinite(fit.deviation)) fail_wide(transform, in);
  Feature out = in;
  out.slot = builder.new_slot(ValueType::kF64);
  builder.emit(power_record(in.slot.number, out.slot.number, family, fit.lambda));
  if (standardize) {
    builder.emit(affine_record(out.slot.number, out.slot.number, fit.mean, fit.deviation));
  }
  return {out};
}

}  // namespace mainspring

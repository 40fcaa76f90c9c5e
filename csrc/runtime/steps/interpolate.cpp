// Numbers to the line through known points, which may jump at a point: ranks among learnt
// quantiles, where a value that fills several of them stands for their middle.
#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// Four arrays of as many doubles.
struct Points {
  const double* x;
  const double* below;  // what the line comes to from below
  const double* at;
  const double* above;  // where it goes on
  uint64_t count;

  Points(const uint8_t* data, uint64_t length)
      : x(reinterpret_cast<const double*>(data)), count(length / (4 * sizeof(double))) {
    below = x + count;
    at = below + count;
    above = at + count;
  }
};

double value_at(const Points& points, double x) {
  if (!(x == x) || points.count == 0)
    return __builtin_bit_cast(double, uint64_t{0x7FF8000000000000});
  uint64_t first = 0, left = points.count;  // of the points above x
  while (left > 0) {
    const uint64_t half = left / 2;
    const bool up = points.x[first + half] <= x;
    first = up ? first + half + 1 : first;
    left = up ? left - half - 1 : half;
  }
  if (first == 0) return points.below[0];
  const uint64_t last = first - 1;
  if (points.x[last] == x) return points.at[last];
  if (first == points.count) return points.above[last];
  const double share = (x - points.x[last]) / (points.x[first] - points.x[last]);
  return points.above[last] + (points.below[first] - points.above[last]) * share;
}

struct Interpolate {
  static constexpr StepCode kCode = StepCode::kInterpolate;
  static constexpr const char* kName = "interpolate";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .data = true, .in_place = true}) ||
        input_type(record, plan) != ValueType::kF64 ||
        output_type(record, plan) != ValueType::kF64 ||
        record.data_length % (4 * sizeof(double)) != 0) {
      return kBadRecord;
    }
    const Points points(plan.data + record.data_offset, record.data_length);
    for (uint64_t i = 0; i < points.count; ++i) {
      // Of two neighbours the distance is a number too.
      if (!is_finite(points.x[i]) || !is_finite(points.at[i]) || !is_finite(points.below[i]) ||
          !is_finite(points.above[i]) ||
          (i > 0 && !(points.x[i - 1] < points.x[i] && is_finite(points.x[i] - points.x[i - 1])))) {
        return kBadRecord;
      }
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const KeptNan kept(in, *context.kernels);
    const double* from = values_of<double>(in);
    double* to = values_of<double>(out);
    const Points points(context.data + record.data_offset, record.data_length);
    for (uint32_t row = 0; row < in.num_rows; ++row) to[row] = value_at(points, from[row]);
    kept.set_validity(out, *context.kernels);
  }
};

}  // namespace

extern constinit const Step kInterpolateStep = step_of<Interpolate>();

}  // namespace mainspring

// Shares in [0, 1] to the quantiles of the standard normal distribution.
#include "runtime/core/math.hpp"
#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct NormalQuantile {
  static constexpr StepCode kCode = StepCode::kNormalQuantile;
  static constexpr const char* kName = "normal_quantile";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .in_place = true})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan) == ValueType::kF64 &&
                 output_type(record, plan) == ValueType::kF64);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const KeptNan kept(in, *context.kernels);
    const double* from = values_of<double>(in);
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) to[row] = normal_quantile_value(from[row]);
    kept.set_validity(out, *context.kernels);
  }
};

}  // namespace

extern constinit const Step kNormalQuantileStep = step_of<NormalQuantile>();

}  // namespace mainspring

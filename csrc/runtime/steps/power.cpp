// Numbers through a power transform of a known exponent.
#include "runtime/core/power.hpp"

#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct Power {
  static constexpr StepCode kCode = StepCode::kPower;
  static constexpr const char* kName = "power";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .num_numbers = 1,
                            .integer_mask = 0b1,
                            .in_place = true})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan) == ValueType::kF64 &&
                 output_type(record, plan) == ValueType::kF64 && is_finite(record.numbers[0]) &&
                 (record.integers[0] == static_cast<uint64_t>(PowerFamily::kYeoJohnson) ||
                  record.integers[0] == static_cast<uint64_t>(PowerFamily::kBoxCox)));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const KeptNan kept(in, *context.kernels);
    const double* from = values_of<double>(in);
    double* to = values_of<double>(out);
    const double lambda = record.numbers[0];
    if (record.integers[0] == static_cast<uint64_t>(PowerFamily::kYeoJohnson)) {
      for (uint32_t row = 0; row < in.num_rows; ++row)
        to[row] = yeo_johnson_value(from[row], lambda);
    } else {
      for (uint32_t row = 0; row < in.num_rows; ++row) to[row] = box_cox_value(from[row], lambda);
    }
    kept.set_validity(out, *context.kernels);
  }
};

}  // namespace

extern constinit const Step kPowerStep = step_of<Power>();

}  // namespace mainspring

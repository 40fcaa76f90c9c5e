// log(1 + x), missing below -1.
#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct Log1p {
  static constexpr StepCode kCode = StepCode::kLog1p;
  static constexpr const char* kName = "log1p";

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
    context.kernels->log1p(values_of<double>(in), values_of<double>(out), in.num_rows);
    kept.set_validity(out, *context.kernels);
  }
};

}  // namespace

extern constinit const Step kLog1pStep = step_of<Log1p>();

}  // namespace mainspring

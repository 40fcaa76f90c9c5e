// Numbers forced into a closed range; missing ones stay missing.
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct Clip {
  static constexpr StepCode kCode = StepCode::kClip;
  static constexpr const char* kName = "clip";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .num_numbers = 2, .in_place = true})) {
      return kBadRecord;
    }
    // A NaN limit fails the comparison.
    return ok_if(input_type(record, plan) == ValueType::kF64 &&
                 output_type(record, plan) == ValueType::kF64 &&
                 record.numbers[0] <= record.numbers[1]);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    context.kernels->clip(values_of<double>(in), values_of<double>(out), in.num_rows,
                          record.numbers[0], record.numbers[1]);
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kClipStep = step_of<Clip>();

}  // namespace mainspring

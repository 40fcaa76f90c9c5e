// (x - center) / scale: standardizing, min-max and robust scaling are all this step.
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct Affine {
  static constexpr StepCode kCode = StepCode::kAffine;
  static constexpr const char* kName = "affine";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .num_numbers = 2, .in_place = true})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan) == ValueType::kF64 &&
                 output_type(record, plan) == ValueType::kF64 && is_finite(record.numbers[0]) &&
                 is_finite(record.numbers[1]) && record.numbers[1] != 0);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    // Finite center and scale make no NaN of a number: what was valid stays valid.
    context.kernels->affine(values_of<double>(in), values_of<double>(out), in.num_rows,
                            record.numbers[0], record.numbers[1]);
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kAffineStep = step_of<Affine>();

}  // namespace mainspring

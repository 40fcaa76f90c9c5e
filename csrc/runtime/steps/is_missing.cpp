// Whether a value is missing, as a number: 1 or 0.
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct IsMissing {
  static constexpr StepCode kCode = StepCode::kIsMissing;
  static constexpr const char* kName = "is_missing";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1})) return kBadRecord;
    return ok_if(output_type(record, plan) == ValueType::kF64);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = static_cast<double>(~(in.validity[row >> 6] >> (row & 63)) & 1);
    }
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kIsMissingStep = step_of<IsMissing>();

}  // namespace mainspring

// The step that brings a column in: Arrow memory of one input to a tile.
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Load {
  static constexpr StepCode kCode = StepCode::kLoad;
  static constexpr const char* kName = "load";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 0, .num_outputs = 1, .integer_mask = 0b1111})) {
      return kBadRecord;
    }
    if (record.integers[0] >= plan.num_inputs) return kBadRecord;
    const InputRecord& input = plan.inputs[record.integers[0]];
    const bool numbers = record.integers[1] == static_cast<uint64_t>(InputKind::kFloat);
    if (record.integers[kKeepsNan] > (numbers ? 1 : 0)) return kBadRecord;
    return ok_if(record.integers[1] == input.kind && record.integers[2] == input.unit &&
                 output_type(record, plan) == value_type_of(static_cast<InputKind>(input.kind)));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    decode_tile(context.columns[record.integers[0]], static_cast<InputKind>(record.integers[1]),
                static_cast<TimeUnit>(record.integers[2]), context.first_row, *context.kernels,
                context.output(record, 0), record.integers[kKeepsNan] != 0);
  }
};

}  // namespace

extern constinit const Step kLoadStep = step_of<Load>();

}  // namespace mainspring

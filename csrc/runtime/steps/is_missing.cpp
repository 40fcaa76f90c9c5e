// Whether a value is missing, as a number: 1 or 0.
#include "runtime/core/memory.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

// What four validity bits say: a copy of 32 bytes instead of four shifts and conversions.
constexpr uint32_t kFlagRows = 4;
constexpr double kFlags[16][kFlagRows] = {
    {1, 1, 1, 1}, {0, 1, 1, 1}, {1, 0, 1, 1}, {0, 0, 1, 1}, {1, 1, 0, 1}, {0, 1, 0, 1},
    {1, 0, 0, 1}, {0, 0, 0, 1}, {1, 1, 1, 0}, {0, 1, 1, 0}, {1, 0, 1, 0}, {0, 0, 1, 0},
    {1, 1, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0},
};

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
    const auto flags = [&](uint32_t row) {
      return kFlags[(in.validity[row >> 6] >> (row & 63)) & 15];
    };
    uint32_t row = 0;
    for (; row + kFlagRows <= in.num_rows; row += kFlagRows) {
      copy_bytes(to + row, flags(row), kFlagRows * sizeof(double));
    }
    for (uint32_t i = 0; row + i < in.num_rows; ++i) to[row + i] = flags(row)[i];
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kIsMissingStep = step_of<IsMissing>();

}  // namespace mainspring

// Two hashes to one, in order: the pair of values that a cross stands for.
#include "runtime/core/hash.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct CombineHashes {
  static constexpr StepCode kCode = StepCode::kCombineHashes;
  static constexpr const char* kName = "combine_hashes";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 2, .num_outputs = 1, .in_place = true})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan, 0) == ValueType::kI64 &&
                 input_type(record, plan, 1) == ValueType::kI64 &&
                 output_type(record, plan) == ValueType::kI64);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile out = context.output(record, 0);
    const int64_t* first = values_of<int64_t>(context.input(record, 0));
    const int64_t* second = values_of<int64_t>(context.input(record, 1));
    int64_t* to = values_of<int64_t>(out);
    for (uint32_t row = 0; row < out.num_rows; ++row) {
      to[row] = static_cast<int64_t>(
          combine_hashes(static_cast<uint64_t>(first[row]), static_cast<uint64_t>(second[row])));
    }
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kCombineHashesStep = step_of<CombineHashes>();

}  // namespace mainspring

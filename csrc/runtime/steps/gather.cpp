// Ids to numbers through a payload table: target means, counts and the like behind one lookup. What
// the table does not have may stay the number that it was.
#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct Gather {
  static constexpr StepCode kCode = StepCode::kGather;
  static constexpr const char* kName = "gather";

  /// verify_plan() has shown that the ids of the slot are below integers[kCardinality].
  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (record.integers[kKeepsNumbers] > 1) return kBadRecord;
    const bool keeps = record.integers[kKeepsNumbers] == 1;
    if (!has_shape(record, {.num_inputs = keeps ? uint16_t{2} : uint16_t{1},
                            .num_outputs = 1,
                            .integer_mask = 1u << kCardinality | 1u << kKeepsNumbers,
                            .data = true})) {
      return kBadRecord;
    }
    if (keeps && input_type(record, plan, 1) != ValueType::kF64) return kBadRecord;
    return ok_if(input_type(record, plan) == ValueType::kI32 &&
                 output_type(record, plan) == ValueType::kF64 && record.data_length != 0 &&
                 record.data_length % sizeof(double) == 0 &&
                 record.integers[kCardinality] == record.data_length / sizeof(double));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const auto* payload = reinterpret_cast<const double*>(context.data + record.data_offset);
    const int32_t* from = values_of<int32_t>(in);
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) to[row] = payload[from[row]];
    if (record.integers[kKeepsNumbers] != 0) {
      const Tile own = context.input(record, 1);
      const double* numbers = values_of<double>(own);
      for (uint32_t row = 0; row < in.num_rows; ++row) {
        to[row] = to[row] == to[row] ? to[row] : numbers[row];
      }
      return KeptNan(own, *context.kernels).set_validity(out, *context.kernels);
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kGatherStep = step_of<Gather>();

}  // namespace mainspring

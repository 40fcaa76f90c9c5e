// Numbers to bucket ids: missing 0, else 1 + number of edges at or below the value. Compared in
// float64, so that a value on an edge is never on its wrong side.
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct CountEdges {
  static constexpr StepCode kCode = StepCode::kCountEdges;
  static constexpr const char* kName = "count_edges";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .integer_mask = 1u << kCardinality,
                            .data = true}) ||
        input_type(record, plan) != ValueType::kF64 ||
        output_type(record, plan) != ValueType::kI32) {
      return kBadRecord;
    }
    const uint64_t num_edges = record.data_length / sizeof(double);
    if (record.data_length % sizeof(double) != 0 ||
        record.integers[kCardinality] != num_edges + 2) {
      return kBadRecord;
    }
    const auto* edges = reinterpret_cast<const double*>(plan.data + record.data_offset);
    for (uint64_t i = 0; i < num_edges; ++i) {
      if (!is_finite(edges[i]) || (i > 0 && !(edges[i - 1] < edges[i]))) return kBadRecord;
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const double* from = values_of<double>(in);
    int32_t* to = values_of<int32_t>(out);
    context.kernels->count_edges(from, to, in.num_rows,
                                 reinterpret_cast<const double*>(context.data + record.data_offset),
                                 static_cast<uint32_t>(record.data_length / sizeof(double)));
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = from[row] == from[row] ? to[row] + 1 : kMissingId;  // only missing is NaN
    }
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kCountEdgesStep = step_of<CountEdges>();

}  // namespace mainspring

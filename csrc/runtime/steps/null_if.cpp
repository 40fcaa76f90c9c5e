// Values that stand for nothing ("NA", -999) become missing.
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

double missing_like(double) { return __builtin_nan(""); }
int64_t missing_like(int64_t) { return 0; }
BytesView missing_like(BytesView text) { return {text.data, 0}; }

template <class T>
void keep_unseen(const Tile& in, const int32_t* ids, const Tile& out) {
  const T* from = values_of<T>(in);
  T* to = values_of<T>(out);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    to[row] = ids[row] == kUnseenId ? from[row] : missing_like(from[row]);
  }
}

struct NullIf {
  static constexpr StepCode kCode = StepCode::kNullIf;
  static constexpr const char* kName = "null_if";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .data = true, .in_place = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    if ((type != ValueType::kBytes && type != ValueType::kI64 && type != ValueType::kF64) ||
        output_type(record, plan) != type) {
      return kBadRecord;
    }
    return ok_if(table_is_sound(plan.data + record.data_offset, record.data_length, type));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    int32_t ids[kTileRows];
    find_ids(in, *context.kernels, context.data + record.data_offset, ids);
    switch (in.type) {
      case ValueType::kBytes: keep_unseen<BytesView>(in, ids, out); break;
      case ValueType::kI64: keep_unseen<int64_t>(in, ids, out); break;
      default: keep_unseen<double>(in, ids, out); break;
    }
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      uint64_t kept = 0;
      for (uint32_t row = word * 64; row < in.num_rows && row < word * 64 + 64; ++row) {
        kept |= static_cast<uint64_t>(ids[row] == kUnseenId) << (row & 63);
      }
      out.validity[word] = in.validity[word] & kept;
    }
  }
};

}  // namespace

extern constinit const Step kNullIfStep = step_of<NullIf>();

}  // namespace mainspring

// Missing values become one constant: a number, an integer or bytes, as the slot's type says.
#include "runtime/steps/kept_nan.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

// What an empty constant points to: the data of a view is never null.
constexpr uint8_t kNoBytes[1] = {0};

template <class T>
void fill_missing(const Tile& in, const Tile& out, const T& constant) {
  const T* from = values_of<T>(in);
  T* to = values_of<T>(out);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    to[row] = is_valid(in.validity, row) ? from[row] : constant;
  }
  set_all_valid(out);
}

/// NaN is what is missing, and a comparison for it goes side by side; what is kept is put back.
void fill_missing_numbers(const Tile& in, const Tile& out, double constant,
                          const Kernels& kernels) {
  const KeptNan kept(in, kernels);
  const double* from = values_of<double>(in);
  double* to = values_of<double>(out);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    to[row] = from[row] == from[row] ? from[row] : constant;
  }
  kept.write(out);
  set_all_valid(out);
}

struct Fill {
  static constexpr StepCode kCode = StepCode::kFill;
  static constexpr const char* kName = "fill";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (record.num_inputs != 1 || record.num_outputs != 1) return kBadRecord;
    const ValueType type = input_type(record, plan);
    if (output_type(record, plan) != type) return kBadRecord;
    switch (type) {
      case ValueType::kF64:
        return ok_if(
            has_shape(record,
                      {.num_inputs = 1, .num_outputs = 1, .num_numbers = 1, .in_place = true}) &&
            record.numbers[0] == record.numbers[0]);
      case ValueType::kI64:
        return ok_if(has_shape(
            record, {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b1, .in_place = true}));
      case ValueType::kBytes:
        return ok_if(
            has_shape(record, {.num_inputs = 1, .num_outputs = 1, .data = true, .in_place = true}));
      default: return kBadRecord;
    }
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    if (in.type == ValueType::kF64) {
      fill_missing_numbers(in, out, record.numbers[0], *context.kernels);
    } else if (in.type == ValueType::kI64) {
      fill_missing<int64_t>(in, out, static_cast<int64_t>(record.integers[0]));
    } else {
      const uint8_t* bytes = record.data_length == 0 ? kNoBytes : context.data + record.data_offset;
      fill_missing<BytesView>(in, out, BytesView{bytes, record.data_length});
    }
  }
};

}  // namespace

extern constinit const Step kFillStep = step_of<Fill>();

}  // namespace mainspring

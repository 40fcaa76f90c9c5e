// Two numbers to one: the sum, difference, product or quotient of two columns, or of a column and a
// number. What is not finite, such as a number divided by zero, is missing.
#include "runtime/steps/arithmetic.hpp"

#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// A side of the calculation: a tile, or one number for all rows.
struct Column {
  const double* values;
  double operator[](uint32_t row) const { return values[row]; }
};
struct Number {
  double value;
  double operator[](uint32_t) const { return value; }
};

template <class Left, class Right>
void calculate(ArithmeticCode code, Left left, Right right, double* to, uint32_t num_rows) {
  const auto each = [&](auto operation) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      const double result = operation(left[row], right[row]);
      to[row] =
          is_finite(result) ? result : __builtin_bit_cast(double, uint64_t{0x7FF8000000000000});
    }
  };
  switch (code) {
    case ArithmeticCode::kAdd: return each([](double a, double b) { return a + b; });
    case ArithmeticCode::kSubtract: return each([](double a, double b) { return a - b; });
    case ArithmeticCode::kMultiply: return each([](double a, double b) { return a * b; });
    case ArithmeticCode::kDivide: return each([](double a, double b) { return a / b; });
  }
}

struct Arithmetic {
  static constexpr StepCode kCode = StepCode::kArithmetic;
  static constexpr const char* kName = "arithmetic";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    const bool two = record.num_inputs == 2;
    if (!has_shape(record, {.num_inputs = static_cast<uint16_t>(two ? 2 : 1),
                            .num_outputs = 1,
                            .num_numbers = two ? 0u : 1u,
                            .integer_mask = 0b11,
                            .in_place = true})) {
      return kBadRecord;
    }
    const uint64_t places = record.integers[1];
    return ok_if(input_type(record, plan) == ValueType::kF64 &&
                 input_type(record, plan, two ? 1 : 0) == ValueType::kF64 &&
                 output_type(record, plan) == ValueType::kF64 && record.integers[0] >= 1 &&
                 record.integers[0] <= static_cast<uint64_t>(ArithmeticCode::kDivide) &&
                 is_finite(record.numbers[0]) &&
                 (two ? places == 0 : places == kNumberSecond || places == kNumberFirst));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile out = context.output(record, 0);
    double* to = values_of<double>(out);
    const auto code = static_cast<ArithmeticCode>(record.integers[0]);
    const Column first{values_of<double>(context.input(record, 0))};
    const Number number{record.numbers[0]};
    if (record.num_inputs == 2) {
      const Column second{values_of<double>(context.input(record, 1))};
      calculate(code, first, second, to, out.num_rows);
    } else if (record.integers[1] == kNumberSecond) {
      calculate(code, first, number, to, out.num_rows);
    } else {
      calculate(code, number, first, to, out.num_rows);
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kArithmeticStep = step_of<Arithmetic>();

}  // namespace mainspring

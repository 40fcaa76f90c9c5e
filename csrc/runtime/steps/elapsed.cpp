// Time from one moment to another, in a unit: the difference in ticks, divided once.
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

/// Ticks of a side in one common tick; false where they leave int64.
struct Side {
  int64_t factor;
  int64_t limit;

  Side(int64_t ticks_a_day, uint64_t unit)
      : factor(ticks_a_day / ticks_per_day(static_cast<TimeUnit>(unit))),
        limit(INT64_MAX / factor) {}
  bool scale(int64_t ticks, int64_t* out) const {
    if (ticks < -limit || ticks > limit) return false;
    *out = ticks * factor;
    return true;
  }
};

bool is_unit(uint64_t unit) {
  return unit >= static_cast<uint64_t>(TimeUnit::kSecond) &&
         unit <= static_cast<uint64_t>(TimeUnit::kDay);
}

struct Elapsed {
  static constexpr StepCode kCode = StepCode::kElapsed;
  static constexpr const char* kName = "elapsed";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    const bool two = record.num_inputs == 2;
    if (!has_shape(record, {.num_inputs = static_cast<uint16_t>(two ? 2 : 1),
                            .num_outputs = 1,
                            .num_numbers = 1,
                            .integer_mask = 0b1011})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan) == ValueType::kI64 &&
                 input_type(record, plan, two ? 1 : 0) == ValueType::kI64 &&
                 output_type(record, plan) == ValueType::kF64 && is_unit(record.integers[0]) &&
                 is_unit(record.integers[1]) && (!two || record.integers[3] == 0) &&
                 is_finite(record.numbers[0]) && record.numbers[0] > 0);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile end = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const int64_t ticks_a_day = common_ticks_per_day(static_cast<TimeUnit>(record.integers[0]),
                                                     static_cast<TimeUnit>(record.integers[1]));
    const Side to_end(ticks_a_day, record.integers[0]);
    const Side to_begin(ticks_a_day, record.integers[1]);
    const int64_t* ends = values_of<int64_t>(end);
    double* to = values_of<double>(out);
    const auto write = [&](uint32_t row, int64_t begin_ticks, bool valid) {
      int64_t last = 0;
      int64_t first = 0;
      int64_t ticks = 0;
      to[row] = valid && is_valid(end.validity, row) && to_end.scale(ends[row], &last) &&
                        to_begin.scale(begin_ticks, &first) &&
                        !__builtin_sub_overflow(last, first, &ticks)
                    ? static_cast<double>(ticks) / record.numbers[0]
                    : __builtin_nan("");
    };
    if (record.num_inputs == 2) {
      const Tile begin = context.input(record, 1);
      for (uint32_t row = 0; row < out.num_rows; ++row) {
        write(row, values_of<int64_t>(begin)[row], is_valid(begin.validity, row));
      }
    } else {
      const auto moment = static_cast<int64_t>(record.integers[3]);
      for (uint32_t row = 0; row < out.num_rows; ++row) write(row, moment, true);
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kElapsedStep = step_of<Elapsed>();

}  // namespace mainspring

// Time from one moment to another, in a unit: the difference in ticks, divided once.
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

/// One end of the time, a column or a moment for all rows, and its ticks in the common one.
struct Column {
  const int64_t* ticks;
  int64_t operator[](uint32_t row) const { return ticks[row]; }
};
struct Moment {
  int64_t ticks;
  int64_t operator[](uint32_t) const { return ticks; }
};
template <class Ticks>
struct Side {
  Ticks ticks;
  int64_t factor;

  /// Whether the rows are so few ticks away from 1970 that a difference of two sides stays in
  /// int64.
  bool is_near(uint32_t num_rows) const {
    const int64_t limit = INT64_MAX / 2 / factor;
    bool near = true;
    for (uint32_t row = 0; row < num_rows; ++row) {
      near &= ticks[row] >= -limit && ticks[row] <= limit;
    }
    return near;
  }
  bool scale(uint32_t row, int64_t* out) const {
    if (ticks[row] < INT64_MIN / factor || ticks[row] > INT64_MAX / factor) return false;
    *out = ticks[row] * factor;
    return true;
  }
};

/// The difference of the two sides in the common tick, as f64; NaN where it is none of int64.
template <class End, class Begin>
void subtract(const Kernels& kernels, Side<End> end, Side<Begin> begin, const Tile& out) {
  int64_t differences[kTileRows];
  double* to = values_of<double>(out);
  if (end.is_near(out.num_rows) && begin.is_near(out.num_rows)) {
    for (uint32_t row = 0; row < out.num_rows; ++row) {
      differences[row] = end.ticks[row] * end.factor - begin.ticks[row] * begin.factor;
    }
    return kernels.widen_i64(differences, to, out.num_rows);
  }
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    int64_t last = 0;
    int64_t first = 0;
    int64_t ticks = 0;
    const bool fits = end.scale(row, &last) && begin.scale(row, &first) &&
                      !__builtin_sub_overflow(last, first, &ticks);
    to[row] = fits ? static_cast<double>(ticks) : __builtin_nan("");
  }
}

/// A missing row's time is 0, whose distance must not be seen.
void clear_missing(const Tile& in, double* out) {
  for (uint32_t word = 0; word * 64 < in.num_rows; ++word) {
    uint64_t missing = ~in.validity[word] & all_valid_word(in.num_rows, word);
    for (; missing != 0; missing &= missing - 1) {
      out[word * 64 + static_cast<uint32_t>(__builtin_ctzll(missing))] = __builtin_nan("");
    }
  }
}

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
    const auto end_unit = static_cast<TimeUnit>(record.integers[0]);
    const auto begin_unit = static_cast<TimeUnit>(record.integers[1]);
    const int64_t ticks_a_day = common_ticks_per_day(end_unit, begin_unit);
    const Side<Column> last{{values_of<int64_t>(end)}, ticks_a_day / ticks_per_day(end_unit)};
    const int64_t factor = ticks_a_day / ticks_per_day(begin_unit);
    double* to = values_of<double>(out);
    if (record.num_inputs == 2) {
      const Tile begin = context.input(record, 1);
      const Side<Column> first{{values_of<int64_t>(begin)}, factor};
      subtract(*context.kernels, last, first, out);
      clear_missing(begin, to);
    } else {
      const Side<Moment> first{{static_cast<int64_t>(record.integers[3])}, factor};
      subtract(*context.kernels, last, first, out);
    }
    clear_missing(end, to);
    context.kernels->affine(to, to, out.num_rows, 0, record.numbers[0]);
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kElapsedStep = step_of<Elapsed>();

}  // namespace mainspring

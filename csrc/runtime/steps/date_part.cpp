// Times to calendar parts, in the proleptic Gregorian calendar. Days to dates as in C. Neri and
// L. Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022,
// doi:10.1002/spe.3172): years begin in March, so that the leap day is the last one, and every
// division is a multiplication.
#include "runtime/steps/date_part.hpp"

#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

// Days beyond this are no time in seconds either: they are missing rather than an overflow.
constexpr int64_t kMaxDays = INT64_MAX / kSecondsPerDay + 1;

#include "runtime/steps/date_forms.inc"

/// Room for one tile between the two passes.
struct Times {
  int64_t days[kTileRows];
  uint32_t second_of_day[kTileRows];  // or, where that is the part, the microsecond of the second
};

template <int64_t kTicksPerDay>
void split_micros(const Tile& in, Times* times) {
  constexpr int64_t kTicksPerSecond = kTicksPerDay == 1 ? 1 : kTicksPerDay / kSecondsPerDay;
  const int64_t* from = values_of<int64_t>(in);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    times->days[row] = floor_divide(from[row], kTicksPerDay);
    const int64_t ticks = from[row] - floor_divide(from[row], kTicksPerSecond) * kTicksPerSecond;
    times->second_of_day[row] =
        static_cast<uint32_t>(kTicksPerSecond > 1000000 ? ticks / (kTicksPerSecond / 1000000)
                                                        : ticks * (1000000 / kTicksPerSecond));
  }
}

template <int64_t kTicksPerDay>
void split(const Tile& in, Times* times) {
  const int64_t* from = values_of<int64_t>(in);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t days = floor_divide(from[row], kTicksPerDay);
    times->days[row] = days;
    if constexpr (kTicksPerDay == 1) {
      times->second_of_day[row] = 0;
    } else {
      constexpr int64_t kTicksPerSecond = kTicksPerDay / kSecondsPerDay;
      // The difference fits although the product may not: both wrap the same way.
      const uint64_t ticks = static_cast<uint64_t>(from[row]) -
                             static_cast<uint64_t>(days) * static_cast<uint64_t>(kTicksPerDay);
      times->second_of_day[row] = static_cast<uint32_t>(ticks / kTicksPerSecond);
    }
  }
}

template <int64_t kTicksPerDay>
void split(DatePart part, const Tile& in, Times* times) {
  if (part == DatePart::kMicrosecond) return split_micros<kTicksPerDay>(in, times);
  split<kTicksPerDay>(in, times);
}

void split(TimeUnit unit, DatePart part, const Tile& in, Times* times) {
  switch (unit) {
    case TimeUnit::kSecond: return split<ticks_per_day(TimeUnit::kSecond)>(part, in, times);
    case TimeUnit::kMilli: return split<ticks_per_day(TimeUnit::kMilli)>(part, in, times);
    case TimeUnit::kMicro: return split<ticks_per_day(TimeUnit::kMicro)>(part, in, times);
    case TimeUnit::kNano: return split<ticks_per_day(TimeUnit::kNano)>(part, in, times);
    default: return split<1>(part, in, times);
  }
}

template <DatePart kPart>
void write_parts(const Times& times, const Tile& in, const double* payload, double* out) {
  bool near = true;
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    near &= times.days[row] >= -kNearDays && times.days[row] <= kNearDays;
  }
  int32_t parts[kTileRows];
  if (near) {
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      parts[row] = part_of<kPart>(static_cast<int32_t>(times.days[row]), times.second_of_day[row]);
    }
  } else {
    // 400 years are a whole number of weeks too: no part but the years sees the cycles.
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      const int64_t days = times.days[row] - floor_divide(times.days[row], kCycleDays) * kCycleDays;
      parts[row] = part_of<kPart>(static_cast<int32_t>(days), times.second_of_day[row]);
    }
  }
  if (payload != nullptr) {
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      out[row] = payload[parts[row] - static_cast<int32_t>(date_part_first(kPart))];
    }
  } else {
    for (uint32_t row = 0; row < in.num_rows; ++row) out[row] = parts[row];
  }
  if (near) return;
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t days = times.days[row];
    if constexpr (kPart == DatePart::kYear || kPart == DatePart::kIsoYear) {
      out[row] = static_cast<double>(parts[row] + floor_divide(days, kCycleDays) * kCycleYears);
    }
    if (days < -kMaxDays || days > kMaxDays) out[row] = __builtin_nan("");
  }
}

/// A missing row's time is 0, whose part must not be seen.
void clear_missing(const Tile& in, double* out) {
  for (uint32_t word = 0; word * 64 < in.num_rows; ++word) {
    uint64_t missing = ~in.validity[word] & all_valid_word(in.num_rows, word);
    for (; missing != 0; missing &= missing - 1) {
      out[word * 64 + static_cast<uint32_t>(__builtin_ctzll(missing))] = __builtin_nan("");
    }
  }
}

void write_parts(DatePart part, const Times& times, const Tile& in, const double* payload,
                 double* out) {
  switch (part) {
    case DatePart::kYear: return write_parts<DatePart::kYear>(times, in, payload, out);
    case DatePart::kQuarter: return write_parts<DatePart::kQuarter>(times, in, payload, out);
    case DatePart::kMonth: return write_parts<DatePart::kMonth>(times, in, payload, out);
    case DatePart::kDay: return write_parts<DatePart::kDay>(times, in, payload, out);
    case DatePart::kWeekday: return write_parts<DatePart::kWeekday>(times, in, payload, out);
    case DatePart::kDayOfYear: return write_parts<DatePart::kDayOfYear>(times, in, payload, out);
    case DatePart::kHour: return write_parts<DatePart::kHour>(times, in, payload, out);
    case DatePart::kMinute: return write_parts<DatePart::kMinute>(times, in, payload, out);
    case DatePart::kSecond: return write_parts<DatePart::kSecond>(times, in, payload, out);
    case DatePart::kWeek: return write_parts<DatePart::kWeek>(times, in, payload, out);
    case DatePart::kIsoYear: return write_parts<DatePart::kIsoYear>(times, in, payload, out);
    case DatePart::kDaysInMonth:
      return write_parts<DatePart::kDaysInMonth>(times, in, payload, out);
    case DatePart::kIsMonthStart:
      return write_parts<DatePart::kIsMonthStart>(times, in, payload, out);
    case DatePart::kIsMonthEnd: return write_parts<DatePart::kIsMonthEnd>(times, in, payload, out);
    case DatePart::kIsQuarterStart:
      return write_parts<DatePart::kIsQuarterStart>(times, in, payload, out);
    case DatePart::kIsQuarterEnd:
      return write_parts<DatePart::kIsQuarterEnd>(times, in, payload, out);
    case DatePart::kIsYearStart:
      return write_parts<DatePart::kIsYearStart>(times, in, payload, out);
    case DatePart::kIsYearEnd: return write_parts<DatePart::kIsYearEnd>(times, in, payload, out);
    case DatePart::kIsLeapYear: return write_parts<DatePart::kIsLeapYear>(times, in, payload, out);
    case DatePart::kMicrosecond:
      return write_parts<DatePart::kMicrosecond>(times, in, payload, out);
  }
}

struct DatePartStep {
  static constexpr StepCode kCode = StepCode::kDatePart;
  static constexpr const char* kName = "date_part";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b11, .data = true}) ||
        input_type(record, plan) != ValueType::kI64 ||
        output_type(record, plan) != ValueType::kF64) {
      return kBadRecord;
    }
    if (record.integers[0] < static_cast<uint64_t>(DatePart::kYear) ||
        record.integers[0] > static_cast<uint64_t>(kLastDatePart) ||
        record.integers[1] < static_cast<uint64_t>(TimeUnit::kSecond) ||
        record.integers[1] > static_cast<uint64_t>(TimeUnit::kDay)) {
      return kBadRecord;
    }
    const uint64_t count = date_part_count(static_cast<DatePart>(record.integers[0]));
    return ok_if(record.data_length == 0
                     ? record.data_offset == 0
                     : count != 0 && record.data_length == count * sizeof(double));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const double* payload =
        record.data_length == 0
            ? nullptr
            : reinterpret_cast<const double*>(context.data + record.data_offset);
    Times times;
    const auto part = static_cast<DatePart>(record.integers[0]);
    split(static_cast<TimeUnit>(record.integers[1]), part, in, &times);
    write_parts(part, times, in, payload, values_of<double>(out));
    clear_missing(in, values_of<double>(out));
    context.kernels->valid_f64(values_of<double>(out), out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kDatePartStep = step_of<DatePartStep>();

}  // namespace mainspring

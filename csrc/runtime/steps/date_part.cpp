// Times to calendar parts, in the proleptic Gregorian calendar. Days to dates as in H. Hinnant,
// "chrono-Compatible Low-Level Date Algorithms" (2013): years begin in March, so that the leap day
// is the last one.
#include "runtime/steps/date_part.hpp"

#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

// Days beyond this are no time in seconds either: they are missing rather than an overflow.
constexpr int64_t kMaxDays = INT64_MAX / kSecondsPerDay + 1;

struct Date {
  int64_t year;
  uint32_t month;  // 1-12
  uint32_t day;    // 1-31
  uint32_t day_of_year;
};

Date date_of(int64_t days) {
  const int64_t shifted = days + 719468;  // since 0000-03-01
  const int64_t era = floor_divide(shifted, 146097);
  const auto day_of_era = static_cast<uint32_t>(shifted - era * 146097);
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint32_t since_march =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t month_since_march = (5 * since_march + 2) / 153;
  const bool next_year = month_since_march >= 10;  // January and February
  const int64_t year = era * 400 + year_of_era + (next_year ? 1 : 0);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return {year, next_year ? month_since_march - 9 : month_since_march + 3,
          since_march - (153 * month_since_march + 2) / 5 + 1,
          next_year ? since_march - 305 : since_march + 60 + (leap ? 1 : 0)};
}

template <DatePart kPart>
int64_t part_of(int64_t days, uint32_t second_of_day) {
  if constexpr (kPart == DatePart::kHour) {
    return second_of_day / 3600;
  } else if constexpr (kPart == DatePart::kMinute) {
    return second_of_day / 60 % 60;
  } else if constexpr (kPart == DatePart::kSecond) {
    return second_of_day % 60;
  } else if constexpr (kPart == DatePart::kWeekday) {
    return days + 3 - floor_divide(days + 3, 7) * 7;  // 1970-01-01 was a Thursday
  } else if constexpr (kPart == DatePart::kYear) {
    return date_of(days).year;
  } else if constexpr (kPart == DatePart::kQuarter) {
    return (date_of(days).month + 2) / 3;
  } else if constexpr (kPart == DatePart::kMonth) {
    return date_of(days).month;
  } else if constexpr (kPart == DatePart::kDay) {
    return date_of(days).day;
  } else {
    return date_of(days).day_of_year;
  }
}

/// Room for one tile between the two passes.
struct Times {
  int64_t days[kTileRows];
  uint32_t second_of_day[kTileRows];
};

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

void split(TimeUnit unit, const Tile& in, Times* times) {
  switch (unit) {
    case TimeUnit::kSecond: return split<ticks_per_day(TimeUnit::kSecond)>(in, times);
    case TimeUnit::kMilli: return split<ticks_per_day(TimeUnit::kMilli)>(in, times);
    case TimeUnit::kMicro: return split<ticks_per_day(TimeUnit::kMicro)>(in, times);
    case TimeUnit::kNano: return split<ticks_per_day(TimeUnit::kNano)>(in, times);
    default: return split<1>(in, times);
  }
}

template <DatePart kPart>
void write_parts(const Times& times, const Tile& in, const double* payload, double* out) {
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t days = times.days[row];
    const bool inside = days >= -kMaxDays && days <= kMaxDays;
    if (!inside || !is_valid(in.validity, row)) {
      out[row] = __builtin_nan("");
      continue;
    }
    const int64_t part = part_of<kPart>(days, times.second_of_day[row]);
    out[row] = payload == nullptr ? static_cast<double>(part)
                                  : payload[part - int64_t{date_part_first(kPart)}];
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
        record.integers[0] > static_cast<uint64_t>(DatePart::kSecond) ||
        record.integers[1] < static_cast<uint64_t>(TimeUnit::kSecond) ||
        record.integers[1] > static_cast<uint64_t>(TimeUnit::kDay)) {
      return kBadRecord;
    }
    const uint64_t count = date_part_count(static_cast<DatePart>(record.integers[0]));
    return ok_if(record.data_length == 0 ? record.data_offset == 0
                                         : record.data_length == count * sizeof(double));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const double* payload =
        record.data_length == 0
            ? nullptr
            : reinterpret_cast<const double*>(context.data + record.data_offset);
    Times times;
    split(static_cast<TimeUnit>(record.integers[1]), in, &times);
    write_parts(static_cast<DatePart>(record.integers[0]), times, in, payload,
                values_of<double>(out));
    context.kernels->valid_f64(values_of<double>(out), out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kDatePartStep = step_of<DatePartStep>();

}  // namespace mainspring

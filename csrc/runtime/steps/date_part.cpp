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

/// For a device, where size counts, `ticks` stays a variable; elsewhere it is a constant of each
/// call.
[[gnu::always_inline]] inline void split_by(int64_t ticks, DatePart part, const Tile& in,
                                            Times* times) {
  const int64_t ticks_of_second = ticks == 1 ? 1 : ticks / kSecondsPerDay;
  const int64_t* from = values_of<int64_t>(in);
  if (part == DatePart::kMicrosecond) {
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      times->days[row] = floor_divide(from[row], ticks);
      const int64_t rest = from[row] - floor_divide(from[row], ticks_of_second) * ticks_of_second;
      times->second_of_day[row] =
          static_cast<uint32_t>(ticks_of_second > 1000000 ? rest / (ticks_of_second / 1000000)
                                                          : rest * (1000000 / ticks_of_second));
    }
    return;
  }
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t days = floor_divide(from[row], ticks);
    times->days[row] = days;
    // The difference fits although the product may not: both wrap the same way.
    const uint64_t rest = static_cast<uint64_t>(from[row]) -
                          static_cast<uint64_t>(days) * static_cast<uint64_t>(ticks);
    times->second_of_day[row] =
        ticks == 1 ? 0 : static_cast<uint32_t>(rest / static_cast<uint64_t>(ticks_of_second));
  }
}

#if defined(MAINSPRING_SMALL)
void split(TimeUnit unit, DatePart part, const Tile& in, Times* times) {
  split_by(unit == TimeUnit::kDay ? 1 : ticks_per_day(unit), part, in, times);
}
#else
void split(TimeUnit unit, DatePart part, const Tile& in, Times* times) {
  switch (unit) {
    case TimeUnit::kSecond: return split_by(ticks_per_day(TimeUnit::kSecond), part, in, times);
    case TimeUnit::kMilli: return split_by(ticks_per_day(TimeUnit::kMilli), part, in, times);
    case TimeUnit::kMicro: return split_by(ticks_per_day(TimeUnit::kMicro), part, in, times);
    case TimeUnit::kNano: return split_by(ticks_per_day(TimeUnit::kNano), part, in, times);
    default: return split_by(1, part, in, times);
  }
}
#endif

/// `part_of_row(days, second_of_day)` of near days.
template <class PartOf>
void write_with(DatePart part, const Times& times, const Tile& in, const double* payload,
                double* out, const PartOf& part_of_row) {
  bool near = true;
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    near &= times.days[row] >= -kNearDays && times.days[row] <= kNearDays;
  }
  int32_t parts[kTileRows];
  if (near) {
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      parts[row] = part_of_row(static_cast<int32_t>(times.days[row]), times.second_of_day[row]);
    }
  } else {
    // 400 years are a whole number of weeks too: no part but the years sees the cycles.
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      const int64_t days = times.days[row] - floor_divide(times.days[row], kCycleDays) * kCycleDays;
      parts[row] = part_of_row(static_cast<int32_t>(days), times.second_of_day[row]);
    }
  }
  if (payload != nullptr) {
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      out[row] = payload[parts[row] - static_cast<int32_t>(date_part_first(part))];
    }
  } else {
    for (uint32_t row = 0; row < in.num_rows; ++row) out[row] = parts[row];
  }
  if (near) return;
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t days = times.days[row];
    if (part == DatePart::kYear || part == DatePart::kIsoYear) {
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

/// Calls `visit` with the part as its template argument.
template <class Visit>
auto with_part(DatePart part, const Visit& visit) {
  switch (part) {
    case DatePart::kYear: return visit.template operator()<DatePart::kYear>();
    case DatePart::kQuarter: return visit.template operator()<DatePart::kQuarter>();
    case DatePart::kMonth: return visit.template operator()<DatePart::kMonth>();
    case DatePart::kDay: return visit.template operator()<DatePart::kDay>();
    case DatePart::kWeekday: return visit.template operator()<DatePart::kWeekday>();
    case DatePart::kDayOfYear: return visit.template operator()<DatePart::kDayOfYear>();
    case DatePart::kHour: return visit.template operator()<DatePart::kHour>();
    case DatePart::kMinute: return visit.template operator()<DatePart::kMinute>();
    case DatePart::kSecond: return visit.template operator()<DatePart::kSecond>();
    case DatePart::kWeek: return visit.template operator()<DatePart::kWeek>();
    case DatePart::kIsoYear: return visit.template operator()<DatePart::kIsoYear>();
    case DatePart::kDaysInMonth: return visit.template operator()<DatePart::kDaysInMonth>();
    case DatePart::kIsMonthStart: return visit.template operator()<DatePart::kIsMonthStart>();
    case DatePart::kIsMonthEnd: return visit.template operator()<DatePart::kIsMonthEnd>();
    case DatePart::kIsQuarterStart: return visit.template operator()<DatePart::kIsQuarterStart>();
    case DatePart::kIsQuarterEnd: return visit.template operator()<DatePart::kIsQuarterEnd>();
    case DatePart::kIsYearStart: return visit.template operator()<DatePart::kIsYearStart>();
    case DatePart::kIsYearEnd: return visit.template operator()<DatePart::kIsYearEnd>();
    case DatePart::kIsLeapYear: return visit.template operator()<DatePart::kIsLeapYear>();
    case DatePart::kMicrosecond: return visit.template operator()<DatePart::kMicrosecond>();
  }
  __builtin_unreachable();  // verify() has seen the part
}

#if defined(MAINSPRING_SMALL)
/// One loop for all parts instead of one for each: a device has less room than time.
void write_parts(DatePart part, const Times& times, const Tile& in, const double* payload,
                 double* out) {
  write_with(part, times, in, payload, out, [part](int32_t days, uint32_t second_of_day) {
    const int32_t thursday = days - static_cast<int32_t>(weekday_of(days)) + 3;
    const Date date = date_of(is_of_week(part) ? thursday : days);
    return with_part(
        part, [&]<DatePart kPart>() { return part_of_date<kPart>(date, days, second_of_day); });
  });
}
#else
void write_parts(DatePart part, const Times& times, const Tile& in, const double* payload,
                 double* out) {
  with_part(part, [&]<DatePart kPart>() {
    write_with(kPart, times, in, payload, out, [](int32_t days, uint32_t second_of_day) {
      return part_of<kPart>(days, second_of_day);
    });
  });
}
#endif

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

// Days of a list, the holidays, and business days: those of a week, without those of the list.
#include "runtime/steps/calendar.hpp"

#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kWholeWeek = 0x7F;

/// The days in DATA.
struct DayList {
  const int64_t* days;
  uint64_t count;

  /// Days of the list before `day`. Halves without a branch.
  uint64_t before(int64_t day) const {
    uint64_t at = 0;
    for (uint64_t left = count; left != 0;) {
      const uint64_t half = (left + 1) / 2;
      at += days[at + half - 1] < day ? half : 0;
      left -= half;
    }
    return at;
  }
  bool has(int64_t day, uint64_t before) const { return before < count && days[before] == day; }
};

/// Business days since a Monday long ago.
class BusinessDays {
 public:
  BusinessDays(uint64_t week, DayList holidays) : holidays_(holidays) {
    for (uint32_t day = 0; day < kDaysPerWeek; ++day) {
      earlier_[day + 1] = earlier_[day] + static_cast<int64_t>((week >> day) & 1);
    }
  }
  bool is_one(int64_t day) const {
    const uint32_t weekday = weekday_of_day(day);
    return earlier_[weekday + 1] != earlier_[weekday] && !holidays_.has(day, holidays_.before(day));
  }
  int64_t between(int64_t begin, int64_t end) const {
    // Backwards the day that is left does not count, the one that is reached does.
    return begin <= end ? before(end) - before(begin) : before(end + 1) - before(begin + 1);
  }

 private:
  int64_t before(int64_t day) const {
    return floor_divide(day + 3, kDaysPerWeek) * earlier_[kDaysPerWeek] +
           earlier_[weekday_of_day(day)] - static_cast<int64_t>(holidays_.before(day));
  }

  DayList holidays_;
  int64_t earlier_[kDaysPerWeek + 1] = {};  // business days of a week before a weekday
};

/// Days of a tile; what is missing, or no day, is marked.
constexpr int64_t kNoDay = INT64_MAX;

template <int64_t kTicks>
void find_days(const Tile& in, int64_t* days) {
  const int64_t* from = values_of<int64_t>(in);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    const int64_t day = floor_divide(from[row], kTicks);
    days[row] = is_valid(in.validity, row) && day >= -kLastDay && day <= kLastDay ? day : kNoDay;
  }
}

void find_days(const Tile& in, uint64_t unit, int64_t* days) {
  switch (static_cast<TimeUnit>(unit)) {
    case TimeUnit::kSecond: return find_days<ticks_per_day(TimeUnit::kSecond)>(in, days);
    case TimeUnit::kMilli: return find_days<ticks_per_day(TimeUnit::kMilli)>(in, days);
    case TimeUnit::kMicro: return find_days<ticks_per_day(TimeUnit::kMicro)>(in, days);
    case TimeUnit::kNano: return find_days<ticks_per_day(TimeUnit::kNano)>(in, days);
    default: return find_days<1>(in, days);
  }
}

bool is_unit(uint64_t unit) {
  return unit >= static_cast<uint64_t>(TimeUnit::kSecond) &&
         unit <= static_cast<uint64_t>(TimeUnit::kDay);
}

struct Calendar {
  static constexpr StepCode kCode = StepCode::kCalendar;
  static constexpr const char* kName = "calendar";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    const auto question = static_cast<CalendarQuestion>(record.integers[0]);
    const bool two = question == CalendarQuestion::kBusinessDays;
    const bool business = two || question == CalendarQuestion::kIsBusinessDay;
    if (!has_shape(record, {.num_inputs = static_cast<uint16_t>(two ? 2 : 1),
                            .num_outputs = 1,
                            .integer_mask = 0b1111,
                            .data = true}) ||
        input_type(record, plan) != ValueType::kI64 ||
        input_type(record, plan, two ? 1 : 0) != ValueType::kI64 ||
        output_type(record, plan) != ValueType::kF64) {
      return kBadRecord;
    }
    const uint64_t week = record.integers[2];
    if (record.integers[0] < 1 ||
        record.integers[0] > static_cast<uint64_t>(CalendarQuestion::kBusinessDays) ||
        !is_unit(record.integers[1]) || (business ? week == 0 || week > kWholeWeek : week != 0) ||
        (two ? !is_unit(record.integers[3]) : record.integers[3] != 0) ||
        record.data_length % sizeof(int64_t) != 0 ||
        (record.data_length == 0 && record.data_offset != 0)) {
      return kBadRecord;
    }
    const DayList list = list_of(record, plan.data);
    for (uint64_t i = 0; i < list.count; ++i) {
      const int64_t day = list.days[i];
      if (day < -kLastDay || day > kLastDay || (i > 0 && list.days[i - 1] >= day)) {
        return kBadRecord;
      }
      // A holiday without business would be taken away twice.
      if (business && ((week >> weekday_of_day(day)) & 1) == 0) return kBadRecord;
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile out = context.output(record, 0);
    const DayList list = list_of(record, context.data);
    int64_t days[kTileRows];
    find_days(context.input(record, 0), record.integers[1], days);
    double* to = values_of<double>(out);
    switch (static_cast<CalendarQuestion>(record.integers[0])) {
      case CalendarQuestion::kIsListed:
        each(days, out, [&](int64_t day) { return list.has(day, list.before(day)) ? 1.0 : 0.0; });
        break;
      case CalendarQuestion::kDaysToListed:
        each(days, out, [&](int64_t day) {
          const uint64_t next = list.before(day);
          return next < list.count ? static_cast<double>(list.days[next] - day) : nan();
        });
        break;
      case CalendarQuestion::kDaysSinceListed:
        each(days, out, [&](int64_t day) {
          const uint64_t next = list.before(day + 1);
          return next > 0 ? static_cast<double>(day - list.days[next - 1]) : nan();
        });
        break;
      case CalendarQuestion::kIsBusinessDay: {
        const BusinessDays business(record.integers[2], list);
        each(days, out, [&](int64_t day) { return business.is_one(day) ? 1.0 : 0.0; });
        break;
      }
      case CalendarQuestion::kBusinessDays: {
        const BusinessDays business(record.integers[2], list);
        int64_t begins[kTileRows];
        find_days(context.input(record, 1), record.integers[3], begins);
        for (uint32_t row = 0; row < out.num_rows; ++row) {
          to[row] = days[row] == kNoDay || begins[row] == kNoDay
                        ? nan()
                        : static_cast<double>(business.between(begins[row], days[row]));
        }
        break;
      }
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }

 private:
  static double nan() { return __builtin_nan(""); }

  static DayList list_of(const StepRecord& record, const uint8_t* data) {
    return {reinterpret_cast<const int64_t*>(data + record.data_offset),
            record.data_length / sizeof(int64_t)};
  }
  template <class Answer>
  static void each(const int64_t* days, const Tile& out, const Answer& answer) {
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < out.num_rows; ++row) {
      to[row] = days[row] == kNoDay ? nan() : answer(days[row]);
    }
  }
};

}  // namespace

extern constinit const Step kCalendarStep = step_of<Calendar>();

}  // namespace mainspring

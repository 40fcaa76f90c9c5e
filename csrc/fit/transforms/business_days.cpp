// Business days: whether a day is one, and how many lie between two columns' days.
#include "fit/transforms/local_times.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

/// What both operators are told of a week and of the days without business.
struct WeekParams {
  std::string weekmask = "1111100";
  std::vector<std::string> holidays;
};

constexpr std::string_view kWeekHelp = "seven digits, Monday first: 1 where there is business";
constexpr std::string_view kHolidaysHelp = "days without business, such as '2024-12-25'";

/// Holidays of the week's business days, in DATA.
DataRange add_holidays(std::string_view transform, const WeekParams& params, uint32_t week,
                       PlanBuilder& builder) {
  return add_days(on_business(days_of_dates(transform, "holidays", params.holidays), week),
                  builder);
}

void check_week(std::string_view transform, const WeekParams& params) {
  (void)week_of(transform, params.weekmask);
  (void)days_of_dates(transform, "holidays", params.holidays);
}

struct IsBusinessDay {
  static constexpr std::string_view kName = "is_business_day";
  static constexpr std::string_view kSummary =
      "1 on days of the week with business that are no holidays, else 0.";
  static constexpr InputRule kInput = InputRule::kTimestamp;
  using Params = WeekParams;
  static constexpr auto kParams = std::tuple{Param{"weekmask", &Params::weekmask, kWeekHelp},
                                             Param{"holidays", &Params::holidays, kHolidaysHelp}};

  static void check(const Params& params) { check_week(kName, params); }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const LocalTimes local(in[0], builder);
    const uint32_t week = week_of(kName, params.weekmask);
    const DataRange holidays = add_holidays(kName, params, week, builder);
    Feature out = number_of_time(in[0], std::string(kName), builder);
    builder.emit(calendar_record(local.slot(), out.slot.number, CalendarQuestion::kIsBusinessDay,
                                 in[0].unit, week, holidays.offset, holidays.length));
    return {out};
  }
};

struct BusinessDays {
  static constexpr std::string_view kName = "business_days";
  static constexpr std::string_view kSummary =
      "Number of business days from another column's day on, before this one's.";
  static constexpr InputRule kInput = InputRule::kTimestamp;
  struct Params : WeekParams {
    std::string since;
  };
  static constexpr auto kParams = std::tuple{
      Param{"since", &Params::since, "the column to count from"},
      Param<Params, std::string>{"weekmask", &Params::weekmask, kWeekHelp},
      Param<Params, std::vector<std::string>>{"holidays", &Params::holidays, kHolidaysHelp}};

  static void check(const Params& params) {
    if (params.since.empty()) fail_param(kName, "since", "the name of a column", params.since);
    check_week(kName, params);
  }

  static std::vector<std::string> key_columns(const Params& params) { return {params.since}; }

  static void check_inputs(const Params&, std::span<const Feature> in) {
    check_times(kName, "since", in[1]);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const LocalTimes end(in[0], builder);
    const LocalTimes begin(in[1], builder);
    const uint32_t week = week_of(kName, params.weekmask);
    const DataRange holidays = add_holidays(kName, params, week, builder);
    Feature out = number_of_time(in[0], "business_days_since_" + params.since, builder);
    builder.emit(business_days_record(end.slot(), in[0].unit, begin.slot(), in[1].unit,
                                      out.slot.number, week, holidays.offset, holidays.length));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kIsBusinessDay = transform_of<IsBusinessDay>();
extern constinit const Transform kBusinessDays = transform_of<BusinessDays>();

}  // namespace mainspring

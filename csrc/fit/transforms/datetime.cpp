// Parts of dates and times as numbers, or as points on a circle.
#include <array>
#include <cmath>
#include <numbers>

#include "fit/transforms/local_times.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct NamedPart {
  std::string_view name;
  DatePart part;
};

constexpr std::array kParts{NamedPart{"year", DatePart::kYear},
                            NamedPart{"iso_year", DatePart::kIsoYear},
                            NamedPart{"quarter", DatePart::kQuarter},
                            NamedPart{"month", DatePart::kMonth},
                            NamedPart{"week", DatePart::kWeek},
                            NamedPart{"day", DatePart::kDay},
                            NamedPart{"weekday", DatePart::kWeekday},
                            NamedPart{"day_of_year", DatePart::kDayOfYear},
                            NamedPart{"hour", DatePart::kHour},
                            NamedPart{"minute", DatePart::kMinute},
                            NamedPart{"second", DatePart::kSecond},
                            NamedPart{"microsecond", DatePart::kMicrosecond},
                            NamedPart{"days_in_month", DatePart::kDaysInMonth},
                            NamedPart{"is_month_start", DatePart::kIsMonthStart},
                            NamedPart{"is_month_end", DatePart::kIsMonthEnd},
                            NamedPart{"is_quarter_start", DatePart::kIsQuarterStart},
                            NamedPart{"is_quarter_end", DatePart::kIsQuarterEnd},
                            NamedPart{"is_year_start", DatePart::kIsYearStart},
                            NamedPart{"is_year_end", DatePart::kIsYearEnd},
                            NamedPart{"is_leap_year", DatePart::kIsLeapYear}};

constexpr std::string_view kPartNames =
    "year, iso_year, quarter, month, week, day, weekday, day_of_year, hour, minute, second, "
    "microsecond, days_in_month, is_month_start, is_month_end, is_quarter_start, is_quarter_end, "
    "is_year_start, is_year_end, is_leap_year";

bool is_part_of_the_day(DatePart part) {
  return part == DatePart::kHour || part == DatePart::kMinute || part == DatePart::kSecond ||
         part == DatePart::kMicrosecond;
}

const NamedPart* find_part(std::string_view name) {
  for (const NamedPart& part : kParts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

/// sin or cos of the part's place in its cycle, for each of its values.
DataRange add_cycle(DatePart part, double (*function)(double), PlanBuilder& builder) {
  std::vector<double> payload(date_part_count(part));
  for (size_t i = 0; i < payload.size(); ++i) {
    payload[i] = function(2 * std::numbers::pi * static_cast<double>(i) /
                          static_cast<double>(payload.size()));
  }
  return builder.add_data({reinterpret_cast<const uint8_t*>(payload.data()), payload.size() * 8});
}

struct Datetime {
  static constexpr std::string_view kName = "datetime";
  static constexpr std::string_view kSummary =
      "Parts of a date or timestamp, in the local time of its zone.";
  static constexpr InputRule kInput = InputRule::kTimestamp;
  struct Params {
    std::vector<std::string> parts;
    bool cyclical = false;
  };
  static constexpr auto kParams =
      std::tuple{Param{"parts", &Params::parts, kPartNames},
                 Param{"cyclical", &Params::cyclical,
                       "two features per part, sine and cosine of its place in the cycle"}};

  static void check(const Params& params) {
    bool good = !params.parts.empty();
    for (size_t i = 0; i < params.parts.size(); ++i) {
      const NamedPart* part = find_part(params.parts[i]);
      good = good && part != nullptr;
      for (size_t j = 0; j < i; ++j) good = good && params.parts[i] != params.parts[j];
      if (params.cyclical && part != nullptr && date_part_count(part->part) == 0) {
        fail_param(kName, "parts", "parts that come round again where cyclical=True", params.parts);
      }
    }
    if (good) return;
    fail_param(kName, "parts", "one or more, all different, of " + std::string(kPartNames),
               params.parts);
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (in[0].unit != TimeUnit::kDay) return;
    for (const std::string& part : params.parts) {
      if (!is_part_of_the_day(find_part(part)->part)) continue;
      throw Error(ErrorKind::kSchema,
                  "Column '" + in[0].column + "' has dates without a time, so " + in[0].expression +
                      " has no '" + part + "'. Leave that part out, or pass a timestamp column.")
          .column(in[0].column)
          .expected("timestamp")
          .got("date");
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const LocalTimes local(in[0], builder);
    std::vector<Feature> features;
    const auto add = [&](const std::string& suffix) {
      return features.emplace_back(number_of_time(in[0], suffix, builder)).slot.number;
    };
    for (const std::string& name : params.parts) {
      const DatePart part = find_part(name)->part;
      if (!params.cyclical) {
        builder.emit(date_part_record(local.slot(), add(name), part, in[0].unit));
        continue;
      }
      const DataRange sines = add_cycle(part, std::sin, builder);
      builder.emit(date_part_payload_record(local.slot(), add(name + "_sin"), part, in[0].unit,
                                            sines.offset));
      const DataRange cosines = add_cycle(part, std::cos, builder);
      builder.emit(date_part_payload_record(local.slot(), add(name + "_cos"), part, in[0].unit,
                                            cosines.offset));
    }
    return features;
  }
};

}  // namespace

extern constinit const Transform kDatetime = transform_of<Datetime>();

}  // namespace mainspring

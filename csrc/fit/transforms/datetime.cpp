// Parts of dates and times as numbers, or as points on a circle.
#include <array>
#include <cmath>
#include <numbers>

#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct NamedPart {
  std::string_view name;
  DatePart part;
};

constexpr std::array kParts{
    NamedPart{"year", DatePart::kYear},       NamedPart{"quarter", DatePart::kQuarter},
    NamedPart{"month", DatePart::kMonth},     NamedPart{"day", DatePart::kDay},
    NamedPart{"weekday", DatePart::kWeekday}, NamedPart{"day_of_year", DatePart::kDayOfYear},
    NamedPart{"hour", DatePart::kHour},       NamedPart{"minute", DatePart::kMinute},
    NamedPart{"second", DatePart::kSecond}};

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
      std::tuple{Param{"parts", &Params::parts,
                       "year, quarter, month, day, weekday (Monday 0), day_of_year, hour, minute, "
                       "second"},
                 Param{"cyclical", &Params::cyclical,
                       "two features per part, sine and cosine of its place in the cycle"}};

  static void check(const Params& params) {
    constexpr std::string_view kExpected =
        "one or more, all different, of year, quarter, month, day, weekday, day_of_year, hour, "
        "minute, second";
    bool good = !params.parts.empty();
    for (size_t i = 0; i < params.parts.size(); ++i) {
      good = good && find_part(params.parts[i]) != nullptr;
      for (size_t j = 0; j < i; ++j) good = good && params.parts[i] != params.parts[j];
      if (params.cyclical && params.parts[i] == "year") {
        fail_param(kName, "parts", "parts that come round again where cyclical=True", params.parts);
      }
    }
    if (!good) fail_param(kName, "parts", kExpected, params.parts);
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (in[0].unit != TimeUnit::kDay) return;
    for (const std::string& part : params.parts) {
      if (part != "hour" && part != "minute" && part != "second") continue;
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
    Slot local = in[0].slot;
    if (in[0].zone_table != nullptr) {
      const DataRange zone = builder.add_data(*in[0].zone_table);
      local = builder.emit_shared(
          local_time_record(in[0].slot.number, 0, in[0].unit, zone.offset, zone.length),
          ValueType::kI64);
    }
    std::vector<Feature> features;
    const auto add = [&](const std::string& suffix) {
      Feature& out = features.emplace_back(in[0]);
      out.slot = builder.new_slot(ValueType::kF64);
      out.info = FeatureInfo{in[0].info.name + "_" + suffix};
      out.unit = TimeUnit::kNone;
      out.zone_table = nullptr;
      return out.slot.number;
    };
    for (const std::string& name : params.parts) {
      const DatePart part = find_part(name)->part;
      if (!params.cyclical) {
        builder.emit(date_part_record(local.number, add(name), part, in[0].unit));
        continue;
      }
      const DataRange sines = add_cycle(part, std::sin, builder);
      builder.emit(date_part_payload_record(local.number, add(name + "_sin"), part, in[0].unit,
                                            sines.offset));
      const DataRange cosines = add_cycle(part, std::cos, builder);
      builder.emit(date_part_payload_record(local.number, add(name + "_cos"), part, in[0].unit,
                                            cosines.offset));
    }
    if (in[0].zone_table != nullptr) builder.release(local);
    return features;
  }
};

}  // namespace

extern constinit const Transform kDatetime = transform_of<Datetime>();

}  // namespace mainspring

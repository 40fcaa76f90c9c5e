// The time since another column's moment, or since a fixed one.
#include "fit/transforms/local_times.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/json/parse_time.hpp"
#include "runtime/steps/records.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

struct NamedUnit {
  std::string_view name;
  int64_t seconds;
};

constexpr NamedUnit kUnits[] = {
    {"seconds", 1}, {"minutes", 60}, {"hours", 3600}, {"days", 86400}, {"weeks", 7 * 86400}};

/// A moment in ticks of the coarsest unit that holds it.
struct Moment {
  int64_t ticks;
  TimeUnit unit;
  bool zoned;  // the text has an offset from UTC
};

/// False where the text is no time, or its ticks leave int64.
bool read_moment(const std::string& text, Moment* moment) {
  Instant instant{};
  if (!parse_time(text.data(), text.size(), &instant)) return false;
  constexpr size_t kDateLength = 10;
  moment->zoned = text.find_first_of("zZ+-", kDateLength) != std::string::npos;
  moment->unit = TimeUnit::kNano;
  int64_t nanos_a_tick = 1;
  for (const TimeUnit unit : {TimeUnit::kSecond, TimeUnit::kMilli, TimeUnit::kMicro}) {
    const int64_t nanos = ticks_per_day(TimeUnit::kNano) / ticks_per_day(unit);
    if (instant.nanos % nanos != 0) continue;
    moment->unit = unit;
    nanos_a_tick = nanos;
    break;
  }
  return !__builtin_mul_overflow(instant.seconds, 1'000'000'000 / nanos_a_tick, &moment->ticks) &&
         !__builtin_add_overflow(moment->ticks, instant.nanos / nanos_a_tick, &moment->ticks);
}

struct Elapsed {
  static constexpr std::string_view kName = "elapsed";
  static constexpr std::string_view kSummary =
      "Time since another column's moment, or since a fixed one.";
  static constexpr InputRule kInput = InputRule::kTimestamp;
  struct Params {
    std::string since;
    std::string unit = "seconds";
    std::string moment;
  };
  static constexpr auto kParams = std::tuple{
      Param{"since", &Params::since, "the column to count from"},
      Param{"unit", &Params::unit, "'seconds', 'minutes', 'hours', 'days', 'weeks'"},
      Param{"moment", &Params::moment, "instead of a column: a moment, as RFC 3339 text"}};

  static const NamedUnit* find_unit(const Params& params) {
    for (const NamedUnit& unit : kUnits) {
      if (unit.name == params.unit) return &unit;
    }
    return nullptr;
  }

  static void check(const Params& params) {
    if (find_unit(params) == nullptr) {
      fail_param(kName, "unit", "'seconds', 'minutes', 'hours', 'days' or 'weeks'", params.unit);
    }
    if (params.since.empty() == params.moment.empty()) {
      fail_param(kName, "since", "the name of a column, or moment a time: one of the two",
                 params.since);
    }
    Moment moment{};
    if (!params.moment.empty() && !read_moment(params.moment, &moment)) {
      fail_param(kName, "moment", "a time such as '2024-01-31T09:00:00Z'", params.moment);
    }
  }

  static std::vector<std::string> key_columns(const Params& params) {
    if (params.since.empty()) return {};
    return {params.since};
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    Moment moment{};
    if (params.moment.empty()) {
      check_times(kName, "since", in[1]);
      moment.zoned = !in[1].time_zone.empty();
    } else {
      (void)read_moment(params.moment, &moment);
    }
    const bool zoned = !in[0].time_zone.empty();
    if (moment.zoned == zoned) return;
    const auto kind = [](bool has_zone) { return has_zone ? "a zone" : "no zone"; };
    const std::string other = params.moment.empty() ? "column '" + in[1].column + "'"
                                                    : "the moment '" + params.moment + "'";
    throw Error(ErrorKind::kSchema, "Column '" + in[0].column + "' has times with " + kind(zoned) +
                                        ", but " + other + ", since which elapsed counts, has " +
                                        kind(moment.zoned) + ". Give both a zone, or neither.")
        .column(in[0].column)
        .expected(kind(moment.zoned))
        .got(kind(zoned))
        .hint("Give both a zone, or neither.");
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const NamedUnit& unit = *find_unit(params);
    const std::string& origin = params.moment.empty() ? params.since : params.moment;
    Feature out = number_of_time(in[0], params.unit + "_since_" + origin, builder);
    Moment moment{};
    if (!params.moment.empty()) (void)read_moment(params.moment, &moment);
    const TimeUnit begin_unit = params.moment.empty() ? in[1].unit : moment.unit;
    const int64_t ticks_a_second = common_ticks_per_day(in[0].unit, begin_unit) / kSecondsPerDay;
    const auto divisor = static_cast<double>(ticks_a_second * unit.seconds);
    builder.emit(params.moment.empty()
                     ? elapsed_record(in[0].slot.number, in[0].unit, in[1].slot.number, begin_unit,
                                      out.slot.number, divisor)
                     : elapsed_moment_record(in[0].slot.number, in[0].unit, moment.ticks,
                                             begin_unit, out.slot.number, divisor));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kElapsed = transform_of<Elapsed>();

}  // namespace mainspring

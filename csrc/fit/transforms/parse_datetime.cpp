// Strings to times, by given formats.
#include <algorithm>
#include <optional>

#include "fit/plan/time_format.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

struct ParseDatetime {
  static constexpr std::string_view kName = "parse_datetime";
  static constexpr std::string_view kSummary =
      "Read strings as times by given formats; what fits none is missing.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::vector<std::string> formats;
    std::optional<std::string> zone;
  };
  static constexpr auto kParams =
      std::tuple{Param{"formats", &Params::formats,
                       "as strptime writes them, or 'ISO8601'; the first that fits decides"},
                 Param{"zone", &Params::zone, "whose local time texts without an offset are"}};

  static void check(const Params& params) {
    if (params.zone == "") fail_param(kName, "zone", "the name of a time zone, or None", "");
    if (params.formats.empty()) {
      fail_param(kName, "formats", "one format or more, such as '%Y-%m-%d'", params.formats);
    }
    for (const std::string& format : params.formats) {
      std::vector<uint8_t> items;
      std::string fault;
      if (!append_time_format(format, &items, &fault)) {
        fail_param(kName, "formats",
                   "'ISO8601', or formats of %Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %z %% (" +
                       fault + ")",
                   format);
      }
    }
    const auto offset_differs = [&](const std::string& format) {
      return format != kIso8601Format && has_offset(format) != has_offset(params.formats[0]);
    };
    if (!params.zone.has_value() && params.formats[0] != kIso8601Format &&
        std::any_of(params.formats.begin(), params.formats.end(), offset_differs)) {
      fail_param(kName, "formats",
                 "formats that all have %z, or none of them, where there is no zone",
                 params.formats);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    std::vector<uint8_t> payload;
    const auto zone = builder.zone_table(params.zone.value_or(""));
    if (zone != nullptr) payload = *zone;
    const uint64_t zone_bytes = payload.size();
    std::string fault;
    for (const std::string& format : params.formats) append_time_format(format, &payload, &fault);
    const DataRange data = builder.add_data(payload);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kI64);
    out.unit = TimeUnit::kMicro;
    out.time_zone = params.zone.value_or("");
    builder.emit(parse_datetime_record(in[0].slot.number, out.slot.number, data.offset, data.length,
                                       zone_bytes));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kParseDatetime = transform_of<ParseDatetime>();

}  // namespace mainspring

// Days of a given list: which they are, and how far the next and the last one are.
#include <algorithm>
#include <array>

#include "fit/transforms/local_times.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct NamedQuestion {
  std::string_view name;
  CalendarQuestion question;
};

constexpr std::array kQuestions{
    NamedQuestion{"is_holiday", CalendarQuestion::kIsListed},
    NamedQuestion{"days_to_holiday", CalendarQuestion::kDaysToListed},
    NamedQuestion{"days_since_holiday", CalendarQuestion::kDaysSinceListed}};

const NamedQuestion* find_question(std::string_view name) {
  const auto* const found =
      std::find_if(kQuestions.begin(), kQuestions.end(),
                   [&](const NamedQuestion& known) { return known.name == name; });
  return found == kQuestions.end() ? nullptr : found;
}

struct Holidays {
  static constexpr std::string_view kName = "holidays";
  static constexpr std::string_view kSummary =
      "Whether a day is in a given list, and the days to the next and since the last that is.";
  static constexpr InputRule kInput = InputRule::kTimestamp;
  struct Params {
    std::vector<std::string> dates;
    std::vector<std::string> parts{"is_holiday"};
  };
  static constexpr auto kParams = std::tuple{
      Param{"dates", &Params::dates, "the days, such as '2024-12-25'"},
      Param{"parts", &Params::parts, "'is_holiday', 'days_to_holiday', 'days_since_holiday'"}};

  static void check(const Params& params) {
    if (params.dates.empty()) fail_param(kName, "dates", "one date or more", params.dates);
    (void)days_of_dates(kName, "dates", params.dates);
    std::vector<std::string> sorted = params.parts;
    std::sort(sorted.begin(), sorted.end());
    const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    const bool known = std::all_of(sorted.begin(), sorted.end(), [](const std::string& part) {
      return find_question(part) != nullptr;
    });
    if (!sorted.empty() && !twice && known) return;
    fail_param(kName, "parts",
               "one or more of 'is_holiday', 'days_to_holiday', 'days_since_holiday', each once",
               params.parts);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const LocalTimes local(in[0], builder);
    const DataRange days = add_days(days_of_dates(kName, "dates", params.dates), builder);
    std::vector<Feature> features;
    for (const std::string& part : params.parts) {
      const Feature& out = features.emplace_back(number_of_time(in[0], part, builder));
      builder.emit(calendar_record(local.slot(), out.slot.number, find_question(part)->question,
                                   in[0].unit, 0, days.offset, days.length));
    }
    return features;
  }
};

}  // namespace

extern constinit const Transform kHolidays = transform_of<Holidays>();

}  // namespace mainspring

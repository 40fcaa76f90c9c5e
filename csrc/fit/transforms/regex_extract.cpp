// Parts of strings, by regular expressions that take linear time.
#include "fit/plan/pattern.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

struct RegexExtract {
  static constexpr std::string_view kName = "regex_extract";
  static constexpr std::string_view kSummary =
      "Take the part of a string that a regular expression finds.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::string pattern;
    int64_t group = 1;
  };
  static constexpr auto kParams =
      std::tuple{Param{"pattern", &Params::pattern, "a regular expression, without backtracking"},
                 Param{"group", &Params::group, "the group that is taken; 0: all of the match"}};

  static void check(const Params& params) {
    if (params.pattern.empty()) {
      fail_param(kName, "pattern", "a regular expression that is not empty", params.pattern);
    }
    try {
      (void)compile_pattern(params.pattern, params.group);
    } catch (const PatternFault& fault) {
      const bool of_group = std::string_view(fault.what()).starts_with("no group");
      throw Error(ErrorKind::kParameter,
                  "Parameter '" + std::string(of_group ? "group" : "pattern") +
                      "' of regex_extract: " + describe(params.pattern) + " has " + fault.what() +
                      "; expected a regular expression that can be matched "
                      "in linear time, and one of its groups.")
          .expected("a regular expression that can be matched in linear time")
          .got(fault.what());
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const DataRange data = builder.add_data(compile_pattern(params.pattern, params.group));
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kBytes);
    builder.emit(extract_record(in[0].slot.number, out.slot.number, data.offset, data.length));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kRegexExtract = transform_of<RegexExtract>();

}  // namespace mainspring

// Strings to 1 and 0.
#include <limits>

#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_table.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct ParseBoolean {
  static constexpr std::string_view kName = "parse_boolean";
  static constexpr std::string_view kSummary =
      "Read strings as 1 (true) and 0 (false); others are missing.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::vector<std::string> true_values{"true", "True", "TRUE", "1"};
    std::vector<std::string> false_values{"false", "False", "FALSE", "0"};
  };
  static constexpr auto kParams = std::tuple{Param{"true", &Params::true_values, "what is 1"},
                                             Param{"false", &Params::false_values, "what is 0"}};

  static std::vector<std::string> all_values(const Params& params) {
    std::vector<std::string> all = params.true_values;
    all.insert(all.end(), params.false_values.begin(), params.false_values.end());
    return all;
  }

  static void check(const Params& params) {
    if (params.true_values.empty()) {
      fail_param(kName, "true", "one value or more", params.true_values);
    }
    if (params.false_values.empty()) {
      fail_param(kName, "false", "one value or more", params.false_values);
    }
    check_keys(kName, "true", params.true_values);
    check_keys(kName, "false", all_values(params));
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const ValueList values = all_values(params);
    const DataRange table = add_key_table(values, builder);
    // Of missing and other strings, then of each value.
    std::vector<double> numbers(2, std::numeric_limits<double>::quiet_NaN());
    numbers.resize(2 + params.true_values.size(), 1);
    numbers.resize(2 + num_values(values), 0);
    const Slot ids = builder.emit_shared(
        lookup_record(in[0].slot.number, 0, table.offset, table.length, num_values(values)),
        ValueType::kI32);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(gather_record(ids.number, out.slot.number, add_numbers(numbers, builder).offset,
                               numbers.size()));
    builder.release(ids);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kParseBoolean = transform_of<ParseBoolean>();

}  // namespace mainspring

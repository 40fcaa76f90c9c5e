// Given values, such as "NA" or -999, become missing.
#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_table.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

struct NullIf {
  static constexpr std::string_view kName = "null_if";
  static constexpr std::string_view kSummary = "Make given values missing.";
  static constexpr InputRule kInput = InputRule::kNumberOrText;
  struct Params {
    ValueList values;
  };
  static constexpr auto kParams =
      std::tuple{Param{"values", &Params::values, "what stands for a missing value"}};

  static void check(const Params& params) {
    if (num_values(params.values) == 0) {
      fail_param(kName, "values", "one value or more", to_param_value(params.values));
    }
    check_keys(kName, "values", params.values);
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    check_kind(kName, "values", params.values, in[0]);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const DataRange table = add_key_table(params.values, builder);
    Feature out = in[0];
    out.slot = builder.new_slot(in[0].slot.type);
    builder.emit(null_if_record(in[0].slot.number, out.slot.number, table.offset, table.length));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kNullIf = transform_of<NullIf>();

}  // namespace mainspring

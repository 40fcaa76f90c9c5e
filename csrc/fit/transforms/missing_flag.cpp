// Whether a value is missing, as a feature of its own.
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct MissingFlag {
  static constexpr std::string_view kName = "missing_flag";
  static constexpr std::string_view kSummary = "1 where the value is missing, else 0.";
  static constexpr InputRule kInput = InputRule::kKeyOrList;
  struct Params {};
  static constexpr std::tuple<> kParams{};

  static void check(const Params&) {}

  static void check_inputs(const Params&, std::span<const Feature> in) {
    if (in[0].slot.type != ValueType::kI32) return;
    throw Error(ErrorKind::kParameter, "missing_flag takes a column's own values, but " +
                                           in[0].expression +
                                           " gives ids, of which none is missing. Use "
                                           "col('" +
                                           in[0].column + "').missing_flag().")
        .column(in[0].column);
  }

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(is_missing_record(in[0].slot.number, out.slot.number));
    out.info = FeatureInfo{in[0].info.name + "_missing"};
    out.unit = TimeUnit::kNone;
    out.time_zone.clear();
    return {out};
  }
};

}  // namespace

extern constinit const Transform kMissingFlag = transform_of<MissingFlag>();

}  // namespace mainspring

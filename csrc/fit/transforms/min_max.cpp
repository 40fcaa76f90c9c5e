// Numbers to an interval, by their smallest and largest value.
#include <cmath>

#include "fit/transforms/extremes.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct MinMax {
  static constexpr std::string_view kName = "min_max";
  static constexpr std::string_view kSummary =
      "Map the smallest value to low and the largest to high; missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = 0;
    double high = 1;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "what the smallest value becomes"},
                 Param{"high", &Params::high, "what the largest value becomes"}};

  static void check(const Params& params) {
    if (!std::isfinite(params.low)) fail_param(kName, "low", "a finite number", params.low);
    const double width = params.high - params.low;
    // The step divides by 1 / width, so that must be a number too.
    if (!(width > 0) || !std::isfinite(width) || !std::isfinite(1 / width) ||
        !std::isfinite(params.low / width)) {
      fail_param(kName, "high", "a finite number above low (" + describe(params.low) + ")",
                 params.high);
    }
  }

  struct State : Extremes {
    explicit State(const Params&) {}
    void merge(State&& other) { Extremes::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    state.check_finite(kName, in[0]);
    const double center = state.smallest();
    const double range = state.largest() - center;
    if (!std::isfinite(range)) fail_wide(kName, in[0]);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    // A constant column has nothing to divide by: its value becomes low.
    builder.emit(affine_record(in[0].slot.number, out.slot.number, center, range == 0 ? 1 : range));
    if (params.low == 0 && params.high == 1) return {out};
    // A second step, not one with both folded in: a center far from zero would swallow low.
    const Slot unit = out.slot;
    const double width = params.high - params.low;
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(affine_record(unit.number, out.slot.number, -params.low / width, 1 / width));
    builder.release(unit);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kMinMax = transform_of<MinMax>();

}  // namespace mainspring

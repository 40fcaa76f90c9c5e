// Numbers to median 0 and a range of quantiles of 1: what a few extreme rows cannot move.
#include <cmath>

#include "fit/transforms/extremes.hpp"
#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/quantile_levels.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct RobustScale {
  static constexpr std::string_view kName = "robust_scale";
  static constexpr std::string_view kSummary =
      "Subtract the median and divide by the distance of two quantiles; missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = 0.25;
    double high = 0.75;
    bool with_median = true;
    bool with_range = true;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "level of the lower quantile, from 0"},
                 Param{"high", &Params::high, "level of the upper quantile, to 1"},
                 Param{"with_median", &Params::with_median, "subtract the median"},
                 Param{"with_range", &Params::with_range, "divide by the range"}};

  static void check(const Params& params) { check_quantile_levels(kName, params.low, params.high); }
  static bool learns(const Params& params) { return params.with_median || params.with_range; }

  struct State : FiniteRuns {
    explicit State(const Params&) {}
    void merge(State&& other) { FiniteRuns::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    if (!learns(params)) return {in[0]};
    const ValueRuns& values = state.values();
    const double center = params.with_median && !values.empty() ? values.median() : 0;
    double range = 1;
    if (params.with_range && !values.empty()) {
      range = values.quantile(params.high) - values.quantile(params.low);
      if (!std::isfinite(range)) fail_wide(kName, in[0]);
    }
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    // Where the quantiles are equal there is nothing to divide by.
    builder.emit(affine_record(in[0].slot.number, out.slot.number, center, range == 0 ? 1 : range));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kRobustScale = transform_of<RobustScale>();

}  // namespace mainspring

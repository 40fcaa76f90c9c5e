// Numbers forced between two of their own quantiles.
#include <limits>

#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/quantile_levels.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Winsorize {
  static constexpr std::string_view kName = "winsorize";
  static constexpr std::string_view kSummary = "Force values between two learnt quantiles.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = 0.05;
    double high = 0.95;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "level of the lower quantile, from 0"},
                 Param{"high", &Params::high, "level of the upper quantile, to 1"}};

  static void check(const Params& params) { check_quantile_levels(kName, params.low, params.high); }

  struct State : FiniteRuns {
    explicit State(const Params&) {}
    void merge(State&& other) { FiniteRuns::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const ValueRuns& values = state.values();
    const double low = values.empty() ? -kInfinity : values.quantile(params.low);
    const double high = values.empty() ? kInfinity : values.quantile(params.high);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(clip_record(in[0].slot.number, out.slot.number, low, high));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kWinsorize = transform_of<Winsorize>();

}  // namespace mainspring

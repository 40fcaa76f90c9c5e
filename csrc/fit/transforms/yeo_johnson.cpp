// Numbers of any sign to about normal ones.
#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/power_fit.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct YeoJohnson {
  static constexpr std::string_view kName = "yeo_johnson";
  static constexpr std::string_view kSummary =
      "Make numbers about normal by a power transform; missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    bool standardize = true;
  };
  static constexpr auto kParams =
      std::tuple{Param{"standardize", &Params::standardize, "to mean 0 and deviation 1"}};

  static void check(const Params&) {}

  struct State : FiniteRuns {
    explicit State(const Params&) {}
    void merge(State&& other) { FiniteRuns::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit_power(kName, state.values().runs(), PowerFamily::kYeoJohnson, params.standardize,
                      in[0], builder);
  }
};

}  // namespace

extern constinit const Transform kYeoJohnson = transform_of<YeoJohnson>();

}  // namespace mainspring

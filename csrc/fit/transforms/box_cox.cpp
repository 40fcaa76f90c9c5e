// Positive numbers to about normal ones.
#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/power_fit.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct BoxCox {
  static constexpr std::string_view kName = "box_cox";
  static constexpr std::string_view kSummary =
      "Make positive numbers about normal by a power transform; others become missing.";
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
    std::vector<ValueRuns::Run> positive = state.values().runs();
    std::erase_if(positive, [](const ValueRuns::Run& run) { return !(run.value > 0); });
    return emit_power(kName, positive, PowerFamily::kBoxCox, params.standardize, in[0], builder);
  }
};

}  // namespace

extern constinit const Transform kBoxCox = transform_of<BoxCox>();

}  // namespace mainspring

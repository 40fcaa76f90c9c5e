// Numbers to mean 0 and standard deviation 1.
#include <cmath>

#include "fit/transforms/finite_moments.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Standardize {
  static constexpr std::string_view kName = "standardize";
  static constexpr std::string_view kSummary =
      "Subtract the mean and divide by the standard deviation (ddof 0); missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    bool with_mean = true;
    bool with_std = true;
  };
  static constexpr auto kParams =
      std::tuple{Param{"with_mean", &Params::with_mean, "subtract the mean"},
                 Param{"with_std", &Params::with_std, "divide by the standard deviation"}};

  static void check(const Params&) {}
  static bool learns(const Params& params) { return params.with_mean || params.with_std; }

  struct State : FiniteMoments {
    explicit State(const Params& params) : FiniteMoments(params.with_std) {}
    void merge(State&& other) { FiniteMoments::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    if (!learns(params)) return {in[0]};
    state.check_finite(kName, in[0]);
    const double center = params.with_mean ? state.mean() : 0;
    // A constant column has nothing to divide by: it becomes 0 everywhere.
    const double deviation = params.with_std ? std::sqrt(state.variance()) : 1;
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(
        affine_record(in[0].slot.number, out.slot.number, center, deviation == 0 ? 1 : deviation));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kStandardize = transform_of<Standardize>();

}  // namespace mainspring

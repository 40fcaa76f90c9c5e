// Categories to the mean of the target among their other rows.
#include "fit/transforms/smoothed_means.hpp"
#include "fit/transforms/target_rows.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct LeaveOneOut {
  static constexpr std::string_view kName = "leave_one_out";
  static constexpr std::string_view kSummary =
      "Mean of the target for each category; fit_transform leaves the row itself out.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  struct Params {
    double smoothing = 0.0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"smoothing", &Params::smoothing, "rows' worth of weight of the mean of all rows"}};

  static void check(const Params& params) { check_smoothing(kName, params.smoothing); }

  struct State : TargetRows {
    explicit State(const Params&) {}
    void merge(State&& other) { TargetRows::merge(std::move(other)); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit_smoothed_means(state, params.smoothing, kName, in[0], builder, false);
  }
  static std::vector<Feature> compile_cross_fitted(const Params& params, const State& state,
                                                   std::span<const Feature> in,
                                                   PlanBuilder& builder) {
    RunningMeans means(state.num_categories());
    for (size_t row = 0; row < state.targets.size(); ++row) {
      means.add(state.categories[row], state.targets[row]);
    }
    std::vector<double> values(state.targets.size());
    for (size_t row = 0; row < values.size(); ++row) {
      means.add(state.categories[row], state.targets[row], -1);
      values[row] = means.smoothed(state.categories[row], params.smoothing);
      means.add(state.categories[row], state.targets[row]);
    }
    return {emit_row_values(values, kName, in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kLeaveOneOut = transform_of<LeaveOneOut>();

}  // namespace mainspring

// Categories to the mean of the target among their rows before, in an order drawn by chance.
//
// L. Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features", 2018,
// arXiv:1706.09516, section 3.2.
#include <algorithm>
#include <numeric>

#include "fit/transforms/smoothed_means.hpp"
#include "fit/transforms/target_rows.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {
namespace {

struct OrderedTarget {
  static constexpr std::string_view kName = "ordered_target";
  static constexpr std::string_view kSummary =
      "Smoothed mean of the target for each category; fit_transform looks at the rows before.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  struct Params {
    double smoothing = 1.0;
    int64_t seed = 0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"smoothing", &Params::smoothing, "rows' worth of weight of the mean of all rows"},
      Param{"seed", &Params::seed, "chooses the order of the rows, together with their numbers"}};

  static void check(const Params& params) {
    check_smoothing(kName, params.smoothing);
    if (params.seed < 0) fail_param(kName, "seed", "an integer of 0 or more", params.seed);
  }

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
    std::vector<std::pair<uint64_t, uint64_t>> order(state.targets.size());
    for (uint64_t row = 0; row < order.size(); ++row) {
      order[row] = {mix_row(static_cast<uint64_t>(params.seed), row), row};
    }
    std::sort(order.begin(), order.end());
    RunningMeans before(state.num_categories());
    std::vector<double> values(order.size());
    for (const auto& [hash, row] : order) {
      values[row] = before.smoothed(state.categories[row], params.smoothing);
      before.add(state.categories[row], state.targets[row]);
    }
    return {emit_row_values(values, kName, in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kOrderedTarget = transform_of<OrderedTarget>();

}  // namespace mainspring

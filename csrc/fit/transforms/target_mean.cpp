// Categories to the mean of the target among their rows, drawn towards the mean of all.
//
// D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", 2001,
// doi:10.1145/507533.507538, with a fixed weight (m-estimate).
#include "fit/transforms/smoothed_means.hpp"
#include "fit/transforms/target_sums.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct TargetMean {
  static constexpr std::string_view kName = "target_mean";
  static constexpr std::string_view kSummary =
      "Smoothed mean of the target for each category; cross-fitted in fit_transform.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  static constexpr bool kTakesTallies = true;
  struct Params {
    double smoothing = 20.0;
    int64_t folds = 5;
    int64_t seed = 0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"smoothing", &Params::smoothing, "rows' worth of weight of the mean of all rows"},
      Param{"folds", &Params::folds, "folds of cross-fitting, 2 to 1000"},
      Param{"seed", &Params::seed, "chooses the fold of each row, together with its number"}};

  static void check(const Params& params) {
    check_smoothing(kName, params.smoothing);
    check_folds(kName, params.folds, params.seed);
  }

  struct State : TargetSums {
    explicit State(const Params& params)
        : TargetSums(static_cast<uint32_t>(params.folds), static_cast<uint64_t>(params.seed)) {}
    void merge(State&& other) { TargetSums::merge(std::move(other)); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit_smoothed_means(state, params.smoothing, kName, in[0], builder, false);
  }
  static std::vector<Feature> compile_cross_fitted(const Params& params, const State& state,
                                                   std::span<const Feature> in,
                                                   PlanBuilder& builder) {
    return emit_smoothed_means(state, params.smoothing, kName, in[0], builder, true);
  }
};

}  // namespace

extern constinit const Transform kTargetMean = transform_of<TargetMean>();

}  // namespace mainspring

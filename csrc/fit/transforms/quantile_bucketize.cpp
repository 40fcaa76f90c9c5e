// Numbers to intervals that hold about as many rows each.
#include "fit/transforms/count_edges.hpp"
#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct QuantileBucketize {
  static constexpr std::string_view kName = "quantile_bucketize";
  static constexpr std::string_view kSummary =
      "Number the interval between learnt quantiles: missing 0, else 1 + number of quantiles <= x.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    int64_t buckets = 10;
  };
  static constexpr auto kParams = std::tuple{
      Param{"buckets", &Params::buckets, "intervals with about as many rows each, 2 to 16777215"}};

  static void check(const Params& params) {
    if (params.buckets < 2 || params.buckets >= static_cast<int64_t>(kMaxIds)) {
      fail_param(kName, "buckets", "an integer from 2 to 16777215", params.buckets);
    }
  }

  struct State : FiniteRuns {
    explicit State(const Params&) {}
    void merge(State&& other) { FiniteRuns::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return {emit_count_edges(state.values().quantiles(static_cast<uint64_t>(params.buckets)), in[0],
                             builder)};
  }
};

}  // namespace

extern constinit const Transform kQuantileBucketize = transform_of<QuantileBucketize>();

}  // namespace mainspring

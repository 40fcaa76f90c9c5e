// Categories to how often they occur.
#include "fit/transforms/category_encoding.hpp"
#include "fit/transforms/key_counts.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct Count {
  static constexpr std::string_view kName = "count";
  static constexpr std::string_view kSummary =
      "How many rows, or which share of them, have the row's category.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kCountsKeys = true;
  static constexpr bool kTakesTallies = true;
  struct Params {
    bool normalize = false;
  };
  static constexpr auto kParams =
      std::tuple{Param{"normalize", &Params::normalize, "the share of all rows, not their number"}};

  static void check(const Params&) {}

  struct State : KeyCounts {
    explicit State(const Params&) {}
    void merge(State&& other) { KeyCounts::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    const double num_rows = static_cast<double>(state.num_rows);
    const double divisor = params.normalize && state.num_rows != 0 ? num_rows : 1;
    CategoryEncoding encoding{0, static_cast<double>(state.missing) / divisor, {}};
    for (const uint64_t count : state.counts) {
      encoding.keys.push_back(static_cast<double>(count) / divisor);
    }
    return {emit_encoding(encoding, *state.keys, state.counts,
                          params.normalize ? "frequency" : "count", in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kCount = transform_of<Count>();

}  // namespace mainspring

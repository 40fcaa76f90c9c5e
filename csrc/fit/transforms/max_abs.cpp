// Numbers to [-1, 1], by their largest magnitude; zero stays zero.
#include <algorithm>

#include "fit/transforms/extremes.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct MaxAbs {
  static constexpr std::string_view kName = "max_abs";
  static constexpr std::string_view kSummary =
      "Divide by the largest magnitude; zero stays zero, missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {};
  static constexpr auto kParams = std::tuple<>{};

  static void check(const Params&) {}

  struct State : Extremes {
    explicit State(const Params&) {}
    void merge(State&& other) { Extremes::merge(other); }
  };

  static std::vector<Feature> compile(const Params&, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    state.check_finite(kName, in[0]);
    const double largest = std::max(-state.smallest(), state.largest());
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(affine_record(in[0].slot.number, out.slot.number, 0, largest == 0 ? 1 : largest));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kMaxAbs = transform_of<MaxAbs>();

}  // namespace mainspring

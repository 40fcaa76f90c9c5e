// NaN apart from null: where the two mean different things.
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

/// How the columns are loaded; the values themselves go on as they are (fit/plan/compile_plan.cpp).
struct KeepNan {
  static constexpr std::string_view kName = "keep_nan";
  static constexpr std::string_view kSummary = "Take NaN for a value: only null is missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  static constexpr bool kKeepsNan = true;
  struct Params {};
  static constexpr auto kParams = std::tuple<>{};

  static void check(const Params&) {}

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in, PlanBuilder&) {
    return {in.begin(), in.end()};
  }
};

}  // namespace

extern constinit const Transform kKeepNan = transform_of<KeepNan>();

}  // namespace mainspring

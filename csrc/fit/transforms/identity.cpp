// Hands a number or an id on as it is.
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct Identity {
  static constexpr std::string_view kName = "identity";
  static constexpr std::string_view kSummary = "Hand the values on unchanged.";
  static constexpr InputRule kInput = InputRule::kFeature;
  struct Params {};
  static constexpr auto kParams = std::tuple<>{};

  static void check(const Params&) {}

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in, PlanBuilder&) {
    return {in.begin(), in.end()};
  }
};

}  // namespace

extern constinit const Transform kIdentity = transform_of<Identity>();

}  // namespace mainspring

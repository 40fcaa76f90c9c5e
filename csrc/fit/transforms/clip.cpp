// Forces numbers into an interval.
#include <cmath>
#include <limits>

#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Clip {
  static constexpr std::string_view kName = "clip";
  static constexpr std::string_view kSummary = "Force values into [low, high].";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = -kInfinity;
    double high = kInfinity;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "smallest value that is let through"},
                 Param{"high", &Params::high, "largest value that is let through"}};

  static void check(const Params& params) {
    if (std::isnan(params.low)) fail_param(kName, "low", "a number", params.low);
    if (!(params.low <= params.high)) {
      fail_param(kName, "high", "a number not below low (" + describe(params.low) + ")",
                 params.high);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(clip_record(in[0].slot.number, out.slot.number, params.low, params.high));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kClip = transform_of<Clip>();

}  // namespace mainspring

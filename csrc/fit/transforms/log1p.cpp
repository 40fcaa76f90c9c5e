// The logarithm of one more than a number: for counts, prices, distances and other long tails.
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Log1p {
  static constexpr std::string_view kName = "log1p";
  static constexpr std::string_view kSummary = "Take log(1 + x); below -1 becomes missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {};
  static constexpr auto kParams = std::tuple<>{};

  static void check(const Params&) {}

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(log1p_record(in[0].slot.number, out.slot.number));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kLog1p = transform_of<Log1p>();

}  // namespace mainspring

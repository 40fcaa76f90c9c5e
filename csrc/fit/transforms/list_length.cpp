// How many elements a list has.
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct ListLength {
  static constexpr std::string_view kName = "list_length";
  static constexpr std::string_view kSummary =
      "The number of elements of a list; of a missing list missing.";
  static constexpr InputRule kInput = InputRule::kList;
  struct Params {};
  static constexpr auto kParams = std::tuple<>{};

  static void check(const Params&) {}

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(pool_list_record(in[0].slot.number, out.slot.number, ListStatistic::kLength));
    out.info = FeatureInfo{in[0].info.name + "_length"};
    out.element_ids = nullptr;
    return {out};
  }
};

}  // namespace

extern constinit const Transform kListLength = transform_of<ListLength>();

}  // namespace mainspring

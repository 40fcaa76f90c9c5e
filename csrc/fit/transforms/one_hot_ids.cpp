// Ids to one feature each, all that there can be: nothing to learn, and no name for each.
#include <algorithm>

#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct OneHotIds {
  static constexpr std::string_view kName = "one_hot_ids";
  static constexpr std::string_view kSummary =
      "One feature for each id of a hash, cross or bucketize: 1 in the row's own, 0 in the others.";
  static constexpr InputRule kInput = InputRule::kKey;
  struct Params {};
  static constexpr std::tuple<> kParams{};

  static void check(const Params&) {}

  static void check_inputs(const Params&, std::span<const Feature> in) {
    if (in[0].slot.type == ValueType::kI32) return;
    throw Error(ErrorKind::kParameter,
                "one_hot_ids takes ids, as hash(), cross() and bucketize() give them, but " +
                    in[0].expression + " gives none. Use one_hot(), or hash() before it.")
        .column(in[0].column)
        .expected("ids");
  }

  static std::vector<Feature> compile(const Params&, std::span<const Feature> in, PlanBuilder&) {
    Feature out = in[0];
    // The ids of an operator that has not learnt yet are not known.
    const uint32_t num_ids = std::max(in[0].info.cardinality, 1u);
    OneHotColumns columns;
    columns.infos.push_back({in[0].info.name});
    columns.infos[0].count = num_ids;
    if (num_ids == 1) columns.infos[0].name += "_0";
    out.one_hot = std::make_shared<const OneHotColumns>(std::move(columns));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kOneHotIds = transform_of<OneHotIds>();

}  // namespace mainspring

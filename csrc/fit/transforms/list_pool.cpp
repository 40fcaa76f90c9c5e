// A list of numbers to one statistic of its elements.
#include <array>

#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct NamedStatistic {
  std::string_view name;
  ListStatistic statistic;
};

constexpr std::array kStatistics{
    NamedStatistic{"mean", ListStatistic::kMean}, NamedStatistic{"sum", ListStatistic::kSum},
    NamedStatistic{"min", ListStatistic::kMin}, NamedStatistic{"max", ListStatistic::kMax},
    NamedStatistic{"std", ListStatistic::kStd}};

struct ListPool {
  static constexpr std::string_view kName = "list_pool";
  static constexpr std::string_view kSummary =
      "Mean, sum, min, max or std of the elements of a list of numbers.";
  static constexpr InputRule kInput = InputRule::kNumberList;
  struct Params {
    std::string how = "mean";
  };
  static constexpr auto kParams =
      std::tuple{Param{"how", &Params::how, "'mean', 'sum', 'min', 'max' or 'std'"}};

  static const NamedStatistic& statistic_of(const Params& params) {
    for (const NamedStatistic& statistic : kStatistics) {
      if (statistic.name == params.how) return statistic;
    }
    fail_param(kName, "how", "'mean', 'sum', 'min', 'max' or 'std'", params.how);
  }

  static void check(const Params& params) { (void)statistic_of(params); }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const NamedStatistic& named = statistic_of(params);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(pool_list_record(in[0].slot.number, out.slot.number, named.statistic));
    out.info = FeatureInfo{in[0].info.name + "_" + std::string(named.name)};
    return {out};
  }
};

}  // namespace

extern constinit const Transform kListPool = transform_of<ListPool>();

}  // namespace mainspring

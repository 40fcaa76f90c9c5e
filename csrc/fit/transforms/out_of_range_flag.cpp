// Whether a number lies outside a range, as a feature of its own.
#include <cmath>
#include <limits>

#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_table.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

struct OutOfRangeFlag {
  static constexpr std::string_view kName = "out_of_range_flag";
  static constexpr std::string_view kSummary =
      "1 where the number lies outside [low, high], else 0.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = -kUnlimited;
    double high = kUnlimited;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "the smallest number that is inside"},
                 Param{"high", &Params::high, "the largest number that is inside"}};

  static void check(const Params& params) {
    if (std::isnan(params.low) || params.low == kUnlimited) {
      fail_param(kName, "low", "a finite number, or -infinity for no limit", params.low);
    }
    // The number behind `high` must be finite to be an edge.
    if (!(params.low <= params.high) ||
        (params.high < kUnlimited && std::nextafter(params.high, kUnlimited) == kUnlimited)) {
      fail_param(kName, "high",
                 "a number below 1.79e308 and not below low (" + describe(params.low) +
                     "), or infinity for no limit",
                 params.high);
    }
    if (params.low == -kUnlimited && params.high == kUnlimited) {
      fail_param(kName, "high", "a finite number where low has no limit", params.high);
    }
  }

  /// Numbers fall between edges; each place between them has its flag.
  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    std::vector<double> edges;
    std::vector<double> flags{0};  // of missing numbers
    if (params.low > -kUnlimited) {
      edges.push_back(params.low);
      flags.push_back(1);
    }
    flags.push_back(0);
    if (params.high < kUnlimited) {
      edges.push_back(std::nextafter(params.high, kUnlimited));
      flags.push_back(1);
    }
    const Slot ids = builder.new_slot(ValueType::kI32);
    builder.emit(count_edges_record(in[0].slot.number, ids.number,
                                    add_numbers(edges, builder).offset,
                                    static_cast<uint32_t>(edges.size())));
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(gather_record(ids.number, out.slot.number, add_numbers(flags, builder).offset,
                               flags.size()));
    builder.release(ids);
    out.info = FeatureInfo{in[0].info.name + "_out_of_range"};
    return {out};
  }
};

}  // namespace

extern constinit const Transform kOutOfRangeFlag = transform_of<OutOfRangeFlag>();

}  // namespace mainspring

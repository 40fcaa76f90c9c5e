// Numbers to their rank among the learnt quantiles: uniform, or normal.
#include <algorithm>
#include <cmath>

#include "fit/transforms/extremes.hpp"
#include "fit/transforms/finite_runs.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/core/math.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

/// Shares nearer to 0 or 1 would become values that no row has earned.
constexpr double kSmallestShare = 1e-7;

/// The points of an interpolate step: a quantile that fills several levels is one point, with their
/// middle.
struct Points {
  std::vector<double> x, below, at, above;

  explicit Points(const std::vector<double>& quantiles) {
    const auto last = static_cast<double>(quantiles.size() - 1);
    for (size_t i = 0; i < quantiles.size(); ++i) {
      const double level = last == 0 ? 0 : static_cast<double>(i) / last;
      if (x.empty() || x.back() < quantiles[i]) {
        x.push_back(quantiles[i]);
        below.push_back(level);
        above.push_back(level);
      }
      above.back() = level;
    }
    for (size_t i = 0; i < x.size(); ++i) at.push_back(0.5 * (below[i] + above[i]));
    if (x.empty()) return;
    // The extremes get the ends, the smallest value first where they are one.
    at.back() = above.back() = 1;
    at.front() = below.front() = 0;
  }

  std::vector<double> payload() const {
    std::vector<double> all;
    for (const auto* part : {&x, &below, &at, &above})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }
};

struct QuantileTransform {
  static constexpr std::string_view kName = "quantile_transform";
  static constexpr std::string_view kSummary =
      "Replace values by their rank among learnt quantiles, uniform or normal.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    int64_t quantiles = 1000;
    std::string output = "uniform";
  };
  static constexpr auto kParams =
      std::tuple{Param{"quantiles", &Params::quantiles, "how many are learnt, 2 to 1000000"},
                 Param{"output", &Params::output, "'uniform' or 'normal'"}};

  static void check(const Params& params) {
    if (params.quantiles < 2 || params.quantiles > 1000000) {
      fail_param(kName, "quantiles", "an integer from 2 to 1000000", params.quantiles);
    }
    if (params.output != "uniform" && params.output != "normal") {
      fail_param(kName, "output", "'uniform' or 'normal'", params.output);
    }
  }

  struct State : FiniteRuns {
    explicit State(const Params&) {}
    void merge(State&& other) { FiniteRuns::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    // More quantiles than values would say nothing more.
    const uint64_t count =
        std::min(static_cast<uint64_t>(params.quantiles), state.values().total());
    const Points points(state.values().all_quantiles(count));
    for (size_t i = 1; i < points.x.size(); ++i) {
      if (!std::isfinite(points.x[i] - points.x[i - 1])) fail_wide(kName, in[0]);
    }
    const std::vector<double> payload = points.payload();
    const DataRange data = builder.add_data(
        {reinterpret_cast<const uint8_t*>(payload.data()), payload.size() * sizeof(double)});
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(interpolate_record(in[0].slot.number, out.slot.number,
                                    payload.empty() ? 0 : data.offset, points.x.size()));
    if (params.output == "normal") {
      const uint16_t slot = out.slot.number;
      const double largest = -normal_quantile_value(kSmallestShare);
      builder.emit(normal_quantile_record(slot, slot));
      builder.emit(clip_record(slot, slot, -largest, largest));
    }
    return {out};
  }
};

}  // namespace

extern constinit const Transform kQuantileTransform = transform_of<QuantileTransform>();

}  // namespace mainspring

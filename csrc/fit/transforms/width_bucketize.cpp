// Numbers to intervals of one width between the smallest and the largest value.
#include <cmath>

#include "fit/transforms/count_edges.hpp"
#include "fit/transforms/extremes.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

/// What numpy.linspace gives between its ends, equal edges once; none where all values are equal.
std::vector<double> edges_between(double low, double high, int64_t buckets) {
  std::vector<double> edges;
  if (!(low < high)) return edges;
  const auto parts = static_cast<double>(buckets);
  const double width = high - low;
  const double step = width / parts;
  for (int64_t i = 1; i < buckets; ++i) {
    const auto part = static_cast<double>(i);
    double edge = (step == 0 ? part / parts * width : part * step) + low;
    if (!std::isfinite(width)) edge = low * ((parts - part) / parts) + high * (part / parts);
    if (edges.empty() || edges.back() < edge) edges.push_back(edge);
  }
  return edges;
}

struct WidthBucketize {
  static constexpr std::string_view kName = "width_bucketize";
  static constexpr std::string_view kSummary =
      "Number the interval between edges of equal distance, from the smallest to the largest "
      "value: "
      "missing 0, else 1 + number of edges <= x.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    int64_t buckets = 10;
  };
  static constexpr auto kParams =
      std::tuple{Param{"buckets", &Params::buckets, "intervals of one width, 2 to 16777215"}};

  static void check(const Params& params) {
    if (params.buckets < 2 || params.buckets >= static_cast<int64_t>(kMaxIds)) {
      fail_param(kName, "buckets", "an integer from 2 to 16777215", params.buckets);
    }
  }

  struct State : Extremes {
    explicit State(const Params&) {}
    void update(const FitTile& tile) {
      Extremes::update(tile);
      forget_infinities();
    }
    void update_repeated(const FitTile& one_row, uint64_t count) {
      Extremes::update_repeated(one_row, count);
      forget_infinities();
    }
    void merge(State&& other) { Extremes::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return {emit_count_edges(edges_between(state.smallest(), state.largest(), params.buckets),
                             in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kWidthBucketize = transform_of<WidthBucketize>();

}  // namespace mainspring

// Numbers to the intervals between given edges.
#include <cmath>

#include "fit/transforms/count_edges.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct Bucketize {
  static constexpr std::string_view kName = "bucketize";
  static constexpr std::string_view kSummary =
      "Number the interval between edges: missing 0, else 1 + number of edges <= x.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    std::vector<double> edges;
  };
  static constexpr auto kParams =
      std::tuple{Param{"edges", &Params::edges, "finite numbers, strictly ascending"}};

  static void check(const Params& params) {
    constexpr std::string_view kExpected = "at least one edge, finite and strictly ascending";
    const std::vector<double>& edges = params.edges;
    bool good = !edges.empty() && edges.size() < kMaxIds;
    for (size_t i = 0; i < edges.size(); ++i) {
      good = good && std::isfinite(edges[i]) && (i == 0 || edges[i - 1] < edges[i]);
    }
    if (!good) fail_param(kName, "edges", kExpected, edges);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    return {emit_count_edges(params.edges, in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kBucketize = transform_of<Bucketize>();

}  // namespace mainspring

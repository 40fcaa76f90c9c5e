// Numbers to intervals that hold about as many rows each.
#include <cmath>

#include "fit/transforms/count_edges.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_runs.hpp"

namespace mainspring {
namespace {

struct QuantileBucketize {
  static constexpr std::string_view kName = "quantile_bucketize";
  static constexpr std::string_view kSummary =
      "Number the interval between learnt quantiles: missing 0, else 1 + number of quantiles <= x.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    int64_t buckets = 10;
  };
  static constexpr auto kParams = std::tuple{
      Param{"buckets", &Params::buckets, "intervals with about as many rows each, 2 to 16777215"}};

  static void check(const Params& params) {
    if (params.buckets < 2 || params.buckets >= static_cast<int64_t>(kMaxIds)) {
      fail_param(kName, "buckets", "an integer from 2 to 16777215", params.buckets);
    }
  }

  struct State {
    explicit State(const Params&) {}

    void update(const FitTile& tile) {
      const auto* values = values_of<double>(tile.inputs[0]);
      double finite[kTileRows];
      uint32_t num_finite = 0;
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        finite[num_finite] = values[row];
        num_finite += std::isfinite(values[row]) ? 1 : 0;
      }
      runs.add(finite, num_finite);
    }
    void update_repeated(const FitTile& one_row, uint64_t count) {
      const double value = values_of<double>(one_row.inputs[0])[0];
      if (std::isfinite(value)) runs.add_repeated(value, count);
    }
    void merge(State&& other) { runs.merge(other.runs); }
    void write(StateWriter& writer) const { runs.write(writer); }
    void read(StateReader& reader) {
      runs.read(reader);
      for (const ValueRuns::Run& run : runs.runs()) {
        if (!std::isfinite(run.value)) StateReader::fail();
      }
    }

    ValueRuns runs;  // of the finite values
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return {emit_count_edges(state.runs.quantiles(static_cast<uint64_t>(params.buckets)), in[0],
                             builder)};
  }
};

}  // namespace

extern constinit const Transform kQuantileBucketize = transform_of<QuantileBucketize>();

}  // namespace mainspring

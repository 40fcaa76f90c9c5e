// Numbers to an interval, by their smallest and largest value.
#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/transforms/finite_moments.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct MinMax {
  static constexpr std::string_view kName = "min_max";
  static constexpr std::string_view kSummary =
      "Map the smallest value to low and the largest to high; missing stays missing.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    double low = 0;
    double high = 1;
  };
  static constexpr auto kParams =
      std::tuple{Param{"low", &Params::low, "what the smallest value becomes"},
                 Param{"high", &Params::high, "what the largest value becomes"}};

  static void check(const Params& params) {
    if (!std::isfinite(params.low)) fail_param(kName, "low", "a finite number", params.low);
    const double width = params.high - params.low;
    // The step divides by 1 / width, so that must be a number too.
    if (!(width > 0) || !std::isfinite(width) || !std::isfinite(1 / width) ||
        !std::isfinite(params.low / width)) {
      fail_param(kName, "high", "a finite number above low (" + describe(params.low) + ")",
                 params.high);
    }
  }

  struct State {
    explicit State(const Params&) {}

    void update(const FitTile& tile) {
      const auto* values = values_of<double>(tile.inputs[0]);
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        if (std::isnan(values[row])) continue;
        if (std::isinf(values[row])) {
          infinite = true;
          first_infinite_row = std::min(first_infinite_row, tile.first_row + row);
        } else {
          add(values[row]);
        }
      }
    }
    void update_repeated(const FitTile& one_row, uint64_t count) {
      const double value = values_of<double>(one_row.inputs[0])[0];
      if (std::isnan(value) || count == 0) return;
      if (std::isinf(value)) {
        infinite = true;
      } else {
        add(value);
      }
    }
    void merge(State&& other) {
      smallest = std::min(smallest, other.smallest);
      largest = std::max(largest, other.largest);
      infinite = infinite || other.infinite;
      first_infinite_row = std::min(first_infinite_row, other.first_infinite_row);
    }
    void write(StateWriter& writer) const {
      writer.put(smallest);
      writer.put(largest);
      writer.put<uint64_t>(infinite ? 1 : 0);
      writer.put(first_infinite_row);
    }
    void read(StateReader& reader) {
      smallest = reader.get<double>();
      largest = reader.get<double>();
      const bool none = smallest == kInfinity && largest == -kInfinity;
      const bool some = std::isfinite(smallest) && std::isfinite(largest) && smallest <= largest;
      if (!none && !some) StateReader::fail();
      infinite = reader.get<uint64_t>() != 0;
      first_infinite_row = reader.get<uint64_t>();
    }
    void add(double value) {
      // Of -0 and 0 the order of rows would decide which one is kept.
      const double canonical = value + 0.0;
      smallest = std::min(smallest, canonical);
      largest = std::max(largest, canonical);
    }

    double smallest = kInfinity;
    double largest = -kInfinity;
    bool infinite = false;
    uint64_t first_infinite_row = UINT64_MAX;
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    if (state.infinite) fail_infinite(kName, in[0], state.first_infinite_row);
    const bool some = state.smallest <= state.largest;
    const double center = some ? state.smallest : 0;
    const double range = some ? state.largest - state.smallest : 0;
    if (!std::isfinite(range)) {
      throw Error(ErrorKind::kData, "Column '" + in[0].column +
                                        "' has a range that is more than float64 holds, expected "
                                        "smaller numbers for min_max behind " +
                                        in[0].expression + ". Put clip(low, high) before it.")
          .column(in[0].column);
    }
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    // A constant column has nothing to divide by: its value becomes low.
    builder.emit(affine_record(in[0].slot.number, out.slot.number, center, range == 0 ? 1 : range));
    if (params.low == 0 && params.high == 1) return {out};
    // A second step, not one with both folded in: a center far from zero would swallow low.
    const Slot unit = out.slot;
    const double width = params.high - params.low;
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(affine_record(unit.number, out.slot.number, -params.low / width, 1 / width));
    builder.release(unit);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kMinMax = transform_of<MinMax>();

}  // namespace mainspring

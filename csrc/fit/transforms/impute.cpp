// A value in place of missing ones.
#include <cmath>

#include "fit/transforms/finite_moments.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_runs.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"
#include "profile/block_sums.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Impute {
  static constexpr std::string_view kName = "impute";
  static constexpr std::string_view kSummary =
      "Write the median, the mean, the most frequent value or a constant where values are missing.";
  static constexpr InputRule kInput = InputRule::kNumberOrText;
  static constexpr bool kFills = true;
  struct Params {
    std::string strategy = "median";
    ParamValue fill_value;
  };
  static constexpr auto kParams = std::tuple{
      Param{"strategy", &Params::strategy,
            "'median', 'mean', 'most_frequent' (the smallest of equals) or 'constant'"},
      Param{"fill_value", &Params::fill_value, "number or string of strategy 'constant'"}};

  static void check(const Params& params) {
    const std::string& strategy = params.strategy;
    if (strategy != "median" && strategy != "mean" && strategy != "most_frequent" &&
        strategy != "constant") {
      fail_param(kName, "strategy", "'median', 'mean', 'most_frequent' or 'constant'", strategy);
    }
    const bool given = !std::holds_alternative<std::monostate>(params.fill_value);
    if (given != (strategy == "constant")) {
      fail_param(kName, "fill_value",
                 given ? "None unless strategy='constant'"
                       : "a number or a string with strategy='constant'",
                 params.fill_value);
    }
    const auto* number = std::get_if<double>(&params.fill_value);
    if (number != nullptr && std::isnan(*number)) {
      fail_param(kName, "fill_value", "a number or a string", params.fill_value);
    }
  }

  static bool learns(const Params& params) { return params.strategy != "constant"; }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    const bool text = in[0].slot.type == ValueType::kBytes;
    const bool text_fill = std::holds_alternative<std::string>(params.fill_value);
    if (params.strategy == "constant" ? text == text_fill
                                      : !text || params.strategy == "most_frequent") {
      return;
    }
    const std::string what =
        params.strategy == "constant"
            ? "a fill_value of the same kind, got " + describe(params.fill_value)
            : "strategy='most_frequent' or 'constant', got '" + params.strategy + "'";
    throw Error(ErrorKind::kSchema, "Column '" + in[0].column + "' holds " +
                                        (text ? "strings" : "numbers") + "; impute expected " +
                                        what + ".")
        .column(in[0].column);
  }

  struct State {
    explicit State(const Params& params)
        : by_mean(params.strategy == "mean"),
          by_median(params.strategy == "median"),
          moments(/*with_squares=*/false) {}

    void update(const FitTile& tile) {
      const Tile& in = tile.inputs[0];
      uint32_t num_valid = 0;
      for (const uint64_t* word = in.validity; word != in.validity + kValidityWords; ++word) {
        num_valid += static_cast<uint32_t>(__builtin_popcountll(*word));
      }
      missing += tile.num_rows - num_valid;
      if (by_mean) {
        moments.update(tile);
      } else if (by_median) {
        double present[kSumBlock];
        const uint32_t num_present = pack_present(values_of<double>(in), tile.num_rows, present);
        runs.add(present, num_present, tile.max_values, tile.rows_to_come);
      } else {
        uint32_t numbers[kTileRows];
        keys.number_rows(in, numbers);
        counts.resize(keys.size());
        for (uint32_t row = 0; row < tile.num_rows; ++row) {
          if (numbers[row] < counts.size()) ++counts[numbers[row]];
        }
      }
    }
    void update_repeated(const FitTile& one_row, uint64_t count) {
      const Tile& in = one_row.inputs[0];
      if (!is_valid(in.validity, 0)) {
        missing += count;
      } else if (by_mean) {
        moments.update_repeated(one_row, count);
      } else if (by_median) {
        runs.add_repeated(*values_of<double>(in), count);
      } else {
        uint32_t numbers[kTileRows];
        keys.number_rows(in, numbers);
        counts.resize(keys.size());
        counts[numbers[0]] += count;
      }
    }
    void merge(State&& other) {
      missing += other.missing;
      moments.merge(other.moments);
      runs.merge(other.runs);
      const std::vector<uint32_t> numbers = keys.absorb(other.keys);
      counts.resize(keys.size());
      for (uint32_t i = 0; i < numbers.size(); ++i) counts[numbers[i]] += other.counts[i];
    }
    void write(StateWriter& writer) const {
      writer.put(missing);
      moments.write(writer);
      runs.write(writer);
      const std::vector<uint32_t> order = keys.ascending();
      keys.write(writer, order);
      for (const uint32_t number : order) writer.put(counts[number]);
    }
    void read(StateReader& reader) {
      missing = reader.get<uint64_t>();
      moments.read(reader);
      runs.read(reader);
      keys.read(reader);
      counts.resize(keys.size());
      for (uint64_t& count : counts) count = reader.get<uint64_t>();
    }
    uint64_t num_missing() const { return missing; }
    const NumberCounts* counted() const { return by_median ? runs.counted() : nullptr; }
    void settle() {
      if (!runs.empty()) runs.settle_median();
    }
    void limit_keys(uint64_t max_keys, KeyCut&) {
      if (keys.size() <= max_keys) return;
      uint64_t taken = 0;
      const std::vector<uint32_t> kept = keys.heaviest(max_keys, counts, &taken);
      keys = keys.cut(kept, taken);
      counts = kept_of(counts, kept);
    }
    uint64_t key_error() const { return keys.error(); }
    void limit_values(uint64_t max_values) { runs.limit(max_values); }
    uint64_t rank_error() const { return runs.rank_error(); }

    bool by_mean;
    bool by_median;
    uint64_t missing = 0;
    FiniteMoments moments;  // of numbers, for the mean
    ValueRuns runs;         // of numbers, for the median
    KeyIndex keys;          // of both, for the most frequent
    std::vector<uint64_t> counts;
  };

  [[noreturn]] static void fail_empty(const Params& params, const Feature& in) {
    const std::string what =
        params.strategy == "most_frequent" ? "most frequent value" : params.strategy;
    throw Error(ErrorKind::kData,
                "Column '" + in.column + "' has no value to learn the " + what +
                    " from, expected at least one that is not missing. Drop the column, or use "
                    "impute('constant', fill_value=...).")
        .column(in.column);
  }

  /// The number of the key, the smallest of equals.
  static uint32_t most_frequent(const Params& params, const State& state, const Feature& in) {
    const std::vector<uint32_t> order = by_count(state.keys, state.counts, 1, 1);
    if (order.empty()) fail_empty(params, in);
    return order[0];
  }

  static double learnt_number(const Params& params, const State& state, const Feature& in) {
    if (params.strategy == "mean") {
      state.moments.check_finite(kName, in);
      if (state.moments.count() == 0) fail_empty(params, in);
      return state.moments.mean();
    }
    if (params.strategy == "most_frequent") {
      state.keys.expect_type(ValueType::kF64);
      return state.keys.number_key(most_frequent(params, state, in));
    }
    if (state.runs.empty()) fail_empty(params, in);
    const double value = state.runs.median();
    if (std::isnan(value)) {
      throw Error(ErrorKind::kData, "Column '" + in.column +
                                        "' has its median between two infinities, expected finite "
                                        "numbers. Put clip(low, high) before impute.")
          .column(in.column);
    }
    return value;
  }

  static std::string learnt_text(const Params& params, const State& state, const Feature& in) {
    state.keys.expect_type(ValueType::kBytes);
    return std::string(state.keys.bytes_key(most_frequent(params, state, in)));
  }

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(in[0].slot.type);
    if (in[0].slot.type == ValueType::kF64) {
      const auto* integer = std::get_if<int64_t>(&params.fill_value);
      const auto* number = std::get_if<double>(&params.fill_value);
      const double value = integer != nullptr  ? static_cast<double>(*integer)
                           : number != nullptr ? *number
                                               : learnt_number(params, state, in[0]);
      builder.emit(fill_number_record(in[0].slot.number, out.slot.number, value));
    } else {
      const auto* given = std::get_if<std::string>(&params.fill_value);
      const std::string text = given != nullptr ? *given : learnt_text(params, state, in[0]);
      const DataRange data =
          builder.add_data({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      builder.emit(fill_bytes_record(in[0].slot.number, out.slot.number, data.offset, data.length));
    }
    return {out};
  }
};

}  // namespace

extern constinit const Transform kImpute = transform_of<Impute>();

}  // namespace mainspring

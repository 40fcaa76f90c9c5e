// A number to statistics of all numbers of its group, as another column groups them.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "fit/transforms/category_encoding.hpp"
#include "fit/transforms/exact_spread.hpp"
#include "fit/transforms/finite_moments.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/window_sums.hpp"
#include "host/error.hpp"
#include "runtime/core/key_table.hpp"

namespace mainspring {
namespace {

constexpr double kMissingNumber = std::numeric_limits<double>::quiet_NaN();
/// Squares of larger values could leave float64.
constexpr double kLargestSquared = 0x1p500;

constexpr std::array<std::string_view, 7> kStats{"count", "sum", "mean",   "std",
                                                 "min",   "max", "nunique"};

struct GroupStats {
  static constexpr std::string_view kName = "group_stats";
  static constexpr std::string_view kSummary =
      "Statistics of the numbers of each group, joined back to the rows.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    std::string by;
    std::vector<std::string> stats{"mean"};

    bool wants(std::string_view stat) const {
      return std::find(stats.begin(), stats.end(), stat) != stats.end();
    }
    bool wants_sums() const { return wants("sum") || wants("mean") || wants("std"); }
    bool wants_extremes() const { return wants("min") || wants("max"); }
  };
  static constexpr auto kParams = std::tuple{
      Param{"by", &Params::by, "the column that groups the rows"},
      Param{"stats", &Params::stats, "'count', 'sum', 'mean', 'std', 'min', 'max', 'nunique'"}};

  static void check(const Params& params) {
    if (params.by.empty()) fail_param(kName, "by", "the name of a column", params.by);
    constexpr std::string_view kExpected =
        "one or more of 'count', 'sum', 'mean', 'std', 'min', 'max', 'nunique', each once";
    std::vector<std::string> sorted = params.stats;
    std::sort(sorted.begin(), sorted.end());
    const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    const bool known = std::all_of(sorted.begin(), sorted.end(), [](const std::string& stat) {
      return std::find(kStats.begin(), kStats.end(), stat) != kStats.end();
    });
    if (sorted.empty() || twice || !known) fail_param(kName, "stats", kExpected, params.stats);
  }

  static std::vector<std::string> key_columns(const Params& params) { return {params.by}; }

  /// Of each group: 0 are the rows without a key, 1 + number those of a key. Kept only where a
  /// statistic needs it.
  struct State {
    explicit State(const Params& params)
        : with_sums(params.wants_sums()),
          with_squares(params.wants("std")),
          with_extremes(params.wants_extremes()),
          with_values(params.wants("nunique")) {
      make_room();
    }

    void update(const FitTile& tile) {
      uint32_t numbers[kTileRows];
      keys.number_rows(tile.inputs[1], numbers);
      make_room();
      const auto* values = values_of<double>(tile.inputs[0]);
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        const double value = values[row];
        if (std::isnan(value)) continue;
        if (std::isinf(value)) {
          first_infinite_row = std::min(first_infinite_row, tile.first_row + row);
          continue;
        }
        add(numbers[row] + 1u, value + 0.0);  // kMissing + 1 is 0; -0 becomes 0
      }
    }

    void add(uint64_t group, double value) {
      ++counts[group];
      if (with_sums) sums.add(group, value);
      if (with_squares) {
        if (std::fabs(value) > kLargestSquared) {
          too_large = true;
        } else {
          const double square = value * value;
          squares.add(group, square);
          squares.add(group, std::fma(value, value, -square));
        }
      }
      if (with_extremes) {
        smallest[group] = std::min(smallest[group], value);
        largest[group] = std::max(largest[group], value);
      }
      if (with_values) distinct[group].insert(number_key(value));
    }

    void merge(State&& other) {
      const std::vector<uint32_t> numbers = keys.absorb(other.keys);
      make_room();
      std::vector<uint64_t> groups{0};
      for (const uint32_t number : numbers) groups.push_back(number + uint64_t{1});
      for (uint64_t from = 0; from < groups.size(); ++from) {
        const uint64_t to = groups[from];
        counts[to] += other.counts[from];
        if (with_extremes) {
          smallest[to] = std::min(smallest[to], other.smallest[from]);
          largest[to] = std::max(largest[to], other.largest[from]);
        }
        if (with_values) distinct[to].merge(other.distinct[from]);
      }
      if (with_sums) sums.merge(std::move(other.sums), groups);
      if (with_squares) squares.merge(std::move(other.squares), groups);
      too_large = too_large || other.too_large;
      first_infinite_row = std::min(first_infinite_row, other.first_infinite_row);
    }

    void limit_keys(uint64_t max_keys, KeyCut&) {
      if (keys.size() <= max_keys) return;
      uint64_t taken = 0;
      const std::vector<uint32_t> kept =
          keys.heaviest(max_keys, std::span(counts).subspan(1), &taken);
      keys = keys.cut(kept, taken);
      std::vector<uint64_t> groups{0};
      for (const uint32_t number : kept) groups.push_back(number + uint64_t{1});
      counts = kept_of(counts, groups);
      if (with_sums) sums = sums.picked(groups);
      if (with_squares) squares = squares.picked(groups);
      if (with_extremes) {
        smallest = kept_of(smallest, groups);
        largest = kept_of(largest, groups);
      }
      if (with_values) distinct = kept_of(distinct, groups);
    }
    uint64_t key_error() const { return keys.error(); }

    void write(StateWriter& writer) const {
      // In the order of the keys, so that equal states have equal bytes.
      const std::vector<uint32_t> order = keys.ascending();
      std::vector<uint64_t> from{0};
      std::vector<uint64_t> to(counts.size());
      for (const uint32_t number : order) {
        to[number + uint64_t{1}] = from.size();
        from.push_back(number + uint64_t{1});
      }
      keys.write(writer, order);
      for (const uint64_t group : from) writer.put(counts[group]);
      if (with_sums) write_sums(sums, to, writer);
      if (with_squares) write_sums(squares, to, writer);
      for (const uint64_t group : from) {
        if (with_extremes) {
          writer.put(smallest[group]);
          writer.put(largest[group]);
        }
        if (with_values) {
          std::vector<uint64_t> values(distinct[group].begin(), distinct[group].end());
          std::sort(values.begin(), values.end());
          writer.put_all(values);
        }
      }
      writer.put<uint8_t>(too_large ? 1 : 0);
      writer.put(first_infinite_row);
    }

    void read(StateReader& reader) {
      keys.read(reader);
      make_room();
      for (uint64_t& count : counts) count = reader.get<uint64_t>();
      if (with_sums) read_sums(&sums, reader);
      if (with_squares) read_sums(&squares, reader);
      for (uint64_t group = 0; group < counts.size(); ++group) {
        if (with_extremes) {
          smallest[group] = reader.get<double>();
          largest[group] = reader.get<double>();
          if (std::isnan(smallest[group]) || std::isnan(largest[group])) StateReader::fail();
        }
        if (with_values) {
          const std::vector<uint64_t> values = reader.get_all<uint64_t>();
          distinct[group] = {values.begin(), values.end()};
          if (distinct[group].size() != values.size()) StateReader::fail();
        }
      }
      too_large = reader.get<uint8_t>() != 0;
      first_infinite_row = reader.get<uint64_t>();
    }

    void make_room() {
      const uint64_t num_groups = uint64_t{keys.size()} + 1;
      counts.resize(num_groups);
      if (with_sums) sums.resize(num_groups);
      if (with_squares) squares.resize(num_groups);
      if (with_extremes) {
        smallest.resize(num_groups, std::numeric_limits<double>::infinity());
        largest.resize(num_groups, -std::numeric_limits<double>::infinity());
      }
      if (with_values) distinct.resize(num_groups);
    }
    static void write_sums(const WindowSums& sums, const std::vector<uint64_t>& to,
                           StateWriter& writer) {
      WindowSums ordered;
      ordered.resize(to.size());
      ordered.merge(sums, to);
      ordered.write(writer);
    }
    void read_sums(WindowSums* of, StateReader& reader) const {
      of->read(reader);
      if (of->num_cells() != counts.size()) StateReader::fail();
    }

    double statistic(std::string_view stat, uint64_t group) const {
      const auto count = static_cast<double>(counts[group]);
      if (stat == "count") return count;
      if (stat == "nunique") return static_cast<double>(distinct[group].size());
      if (stat == "sum") return sums.sum(group, 1);
      if (count == 0) return kMissingNumber;
      if (stat == "mean") return sums.sum(group, 1) / count;
      if (stat == "min") return smallest[group];
      if (stat == "max") return largest[group];
      if (count == 1) return kMissingNumber;
      const double spread =
          scaled_spread(count, sums.exact_sum(group, 1), squares.exact_sum(group, 1));
      return std::sqrt(spread / count / (count - 1));
    }

    bool with_sums, with_squares, with_extremes, with_values;
    KeyIndex keys;
    std::vector<uint64_t> counts;  // of the values that are there
    WindowSums sums, squares;
    std::vector<double> smallest, largest;
    std::vector<std::unordered_set<uint64_t>> distinct;  // bits, -0 as 0
    bool too_large = false;
    uint64_t first_infinite_row = UINT64_MAX;
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    if (state.first_infinite_row != UINT64_MAX) {
      fail_infinite(kName, in[0], state.first_infinite_row);
    }
    if (state.too_large) fail_too_large(in[0]);
    Feature key = in[1];
    key.info.name = in[0].info.name;
    key.column = in[0].column;
    key.expression = in[0].expression;
    const std::span counts = std::span(state.counts).subspan(1);
    const CategoryIds ids = emit_ids(state.keys, counts, key, builder);
    std::vector<Feature> features;
    for (const std::string& stat : params.stats) {
      const double unseen =
          stat == "count" || stat == "sum" || stat == "nunique" ? 0 : kMissingNumber;
      CategoryEncoding encoding{unseen, state.statistic(stat, 0), {}};
      for (uint64_t group = 1; group < state.counts.size(); ++group) {
        encoding.keys.push_back(state.statistic(stat, group));
      }
      features.push_back(
          emit_encoding(encoding, state.keys, ids, stat + "_by_" + params.by, key, builder));
    }
    ids.release(builder);
    return features;
  }

  [[noreturn]] static void fail_too_large(const Feature& in) {
    throw Error(ErrorKind::kData, "Column '" + in.column +
                                      "' has values beyond 2**500, expected smaller numbers for "
                                      "the std of group_stats behind " +
                                      in.expression + ". Put clip(low, high) before it.")
        .column(in.column);
  }
};

}  // namespace

extern constinit const Transform kGroupStats = transform_of<GroupStats>();

}  // namespace mainspring

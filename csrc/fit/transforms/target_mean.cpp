// Categories to the mean of the target among their rows, drawn towards the mean of all.
//
// D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", 2001,
// doi:10.1145/507533.507538, with a fixed weight (m-estimate).
#include <cmath>
#include <limits>

#include "fit/plan/fold_gather.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "fit/transforms/window_sums.hpp"

namespace mainspring {
namespace {

struct TargetMean {
  static constexpr std::string_view kName = "target_mean";
  static constexpr std::string_view kSummary =
      "Smoothed mean of the target for each category; cross-fitted in fit_transform.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  struct Params {
    double smoothing = 20.0;
    int64_t folds = 5;
    int64_t seed = 0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"smoothing", &Params::smoothing, "rows' worth of weight of the mean of all rows"},
      Param{"folds", &Params::folds, "folds of cross-fitting, 2 to 1000"},
      Param{"seed", &Params::seed, "chooses the fold of each row, together with its number"}};

  static void check(const Params& params) {
    if (!std::isfinite(params.smoothing) || params.smoothing < 0) {
      fail_param(kName, "smoothing", "a finite number of 0 or more", params.smoothing);
    }
    if (params.folds < 2 || params.folds > 1000) {
      fail_param(kName, "folds", "an integer from 2 to 1000", params.folds);
    }
    if (params.seed < 0) fail_param(kName, "seed", "an integer of 0 or more", params.seed);
  }

  /// Counts and exact sums of the target. A cell is a category in a fold: category 0 are the
  /// missing rows, 1 + number a key; without cross-fitting there is a single fold.
  struct State {
    explicit State(const Params& params)
        : max_folds(static_cast<uint32_t>(params.folds)), seed(static_cast<uint64_t>(params.seed)) {
      make_room();
    }

    void update(const FitTile& tile) {
      if (tile.cross_fit && folds == 1 && keys->size() == 0 && counts[0] == 0) {
        folds = max_folds;
        make_room();
      }
      uint32_t room[kTileRows];
      const uint32_t* numbers = keys.number_rows(tile, room);
      make_room();
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        const uint32_t fold = folds == 1 ? 0 : fold_of(seed, tile.first_row + row, folds);
        // kMissing + 1 is 0, the category of missing rows.
        const uint64_t cell = uint64_t{numbers[row] + 1u} * folds + fold;
        ++counts[cell];
        sums.add(cell, tile.target[row]);
      }
    }
    void merge(State&& other) {
      if (folds != other.folds) {
        if (folds != 1) *this = without_folds();
        if (other.folds != 1) other = other.without_folds();
      }
      const std::vector<uint32_t> numbers = keys.own().absorb(*other.keys);
      make_room();
      std::vector<uint64_t> cells(other.counts.size());
      for (uint64_t cell = 0; cell < cells.size(); ++cell) {
        const uint64_t category = cell / folds;
        const uint64_t mine = category == 0 ? 0 : numbers[category - 1] + uint64_t{1};
        cells[cell] = mine * folds + cell % folds;
        counts[cells[cell]] += other.counts[cell];
      }
      sums.merge(std::move(other.sums), cells);
    }
    void write(StateWriter& writer) const {
      // In the order of the keys, so that equal states have equal bytes.
      const std::vector<uint32_t> order = keys->ascending();
      State sorted = *this;
      std::vector<uint64_t> cells(counts.size());
      for (uint64_t cell = 0; cell < folds; ++cell) cells[cell] = cell;
      for (uint64_t place = 0; place < order.size(); ++place) {
        for (uint64_t fold = 0; fold < folds; ++fold) {
          const uint64_t from = (order[place] + uint64_t{1}) * folds + fold;
          cells[from] = (place + 1) * folds + fold;
          sorted.counts[cells[from]] = counts[from];
        }
      }
      sorted.sums = WindowSums();
      sorted.sums.resize(counts.size());
      sorted.sums.merge(sums, cells);
      writer.put(folds);
      keys->write(writer, order);
      for (const uint64_t count : sorted.counts) writer.put(count);
      sorted.sums.write(writer);
    }
    void read(StateReader& reader) {
      folds = reader.get<uint32_t>();
      if (folds != 1 && folds != max_folds) StateReader::fail();
      keys.own().read(reader);
      make_room();
      for (uint64_t& count : counts) count = reader.get<uint64_t>();
      sums.read(reader);
      if (sums.num_cells() != counts.size()) StateReader::fail();
    }

    void make_room() {
      const uint64_t num_cells = (uint64_t{keys->size()} + 1) * folds;
      if (counts.size() < num_cells) {
        counts.resize(num_cells);
        sums.resize(num_cells);
      }
    }
    State without_folds() const {
      State all = *this;
      all.folds = 1;
      all.counts.assign(uint64_t{keys->size()} + 1, 0);
      all.sums = WindowSums();
      all.sums.resize(all.counts.size());
      std::vector<uint64_t> cells(counts.size());
      for (uint64_t cell = 0; cell < cells.size(); ++cell) {
        cells[cell] = cell / folds;
        all.counts[cells[cell]] += counts[cell];
      }
      all.sums.merge(sums, cells);
      return all;
    }

    uint32_t max_folds;
    uint64_t seed;
    uint32_t folds = 1;
    SharedKeys keys;
    std::vector<uint64_t> counts;
    WindowSums sums;
  };

  /// What the rows outside one fold say, or all rows (fold = folds).
  class Encoding {
   public:
    Encoding(const Params& params, const State& state, uint32_t fold)
        : smoothing_(params.smoothing), state_(state), fold_(fold) {
      // Over all rows at once: folds first, so that one sum holds one fold of every category.
      ExactSum sum;
      uint64_t count = 0;
      for (uint64_t category = 0; category <= state.keys->size(); ++category) {
        count += count_of(category);
      }
      std::vector<uint64_t> cells(state.counts.size());
      for (uint64_t cell = 0; cell < cells.size(); ++cell) cells[cell] = cell % state.folds;
      WindowSums by_fold;
      by_fold.resize(state.folds);
      by_fold.merge(state.sums, cells);
      prior_ = count == 0 ? std::numeric_limits<double>::quiet_NaN()
                          : by_fold.sum(0, state.folds, fold) / static_cast<double>(count);
    }

    double prior() const { return prior_; }
    uint64_t count_of(uint64_t category) const {
      uint64_t count = 0;
      for (uint32_t fold = 0; fold < state_.folds; ++fold) {
        if (fold != fold_) count += state_.counts[category * state_.folds + fold];
      }
      return count;
    }
    double mean_of(uint64_t category) const {
      const auto count = static_cast<double>(count_of(category));
      if (count + smoothing_ == 0 || count == 0) return prior_;
      const uint64_t first = category * state_.folds;
      const double sum = state_.sums.sum(first, state_.folds, first + fold_);
      return (sum + smoothing_ * prior_) / (count + smoothing_);
    }

   private:
    double smoothing_;
    const State& state_;
    uint32_t fold_;
    double prior_;
  };

  /// The encodings by id: missing, unseen, then the vocabulary; or, where the stream holds ids
  /// already, by those.
  static std::vector<double> payload(const Encoding& encoding, const State& state,
                                     const Feature& in, std::span<const uint32_t> order) {
    if (in.slot.type == ValueType::kI32) {
      state.keys->expect_type(ValueType::kI32);
      std::vector<double> values(in.info.cardinality, encoding.prior());
      for (const uint32_t number : order) {
        const auto id = static_cast<uint64_t>(state.keys->integer_key(number));
        if (id >= values.size()) StateReader::fail();
        values[id] = encoding.mean_of(number + uint64_t{1});
      }
      if (encoding.count_of(0) != 0) values[0] = encoding.mean_of(0);
      return values;
    }
    std::vector<double> values{encoding.mean_of(0), encoding.prior()};
    for (const uint32_t number : order) {
      values.push_back(encoding.mean_of(uint64_t{number} + 1));
    }
    return values;
  }

  static std::vector<Feature> emit(const Params& params, const State& state,
                                   std::span<const Feature> in, PlanBuilder& builder,
                                   bool cross_fitted) {
    std::vector<uint64_t> counts(state.keys->size());
    for (uint64_t number = 0; number < counts.size(); ++number) {
      for (uint32_t fold = 0; fold < state.folds; ++fold) {
        counts[number] += state.counts[(number + 1) * state.folds + fold];
      }
    }
    const std::vector<uint32_t> order = by_count(*state.keys, counts, 1, UINT64_MAX);
    std::vector<double> values;
    const uint32_t first_fold = cross_fitted ? 0 : state.folds;
    for (uint32_t fold = first_fold; fold < state.folds + (cross_fitted ? 0 : 1); ++fold) {
      const std::vector<double> one = payload(Encoding(params, state, fold), state, in[0], order);
      values.insert(values.end(), one.begin(), one.end());
    }
    const uint64_t num_values = values.size() / (cross_fitted ? state.folds : 1);
    const DataRange data = builder.add_data(
        {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(double)});

    const bool ids = in[0].slot.type == ValueType::kI32;
    const Slot id = ids ? in[0].slot : emit_lookup(in[0].slot, *state.keys, order, builder);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(cross_fitted ? fold_gather_record(id.number, out.slot.number, data.offset,
                                                   num_values, state.folds, state.seed)
                              : gather_record(id.number, out.slot.number, data.offset, num_values));
    if (!ids) builder.release(id);
    out.info = FeatureInfo{in[0].info.name + "_target_mean"};
    out.unit = TimeUnit::kNone;
    out.zone_table = nullptr;
    return {out};
  }

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit(params, state, in, builder, false);
  }
  static std::vector<Feature> compile_cross_fitted(const Params& params, const State& state,
                                                   std::span<const Feature> in,
                                                   PlanBuilder& builder) {
    return emit(params, state, in, builder, true);
  }
};

}  // namespace

extern constinit const Transform kTargetMean = transform_of<TargetMean>();

}  // namespace mainspring

// Chains of steps are followed from loads to stores; then all thresholds of a column are bisected
// side by side, a tile of numbers at a time.
#include "host/ranked_forest.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "host/bundle_image.hpp"
#include "host/rank_cells.hpp"
#include "host/scratch.hpp"
#include "runtime/models/forest/forest.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// More compares behind a cell than this cost as much as the steps.
constexpr uint32_t kMaxFoldedCompares = 4;

/// Steps from the load of an input on, that is the first of them.
struct Chain {
  uint32_t input;
  std::vector<const StepRecord*> steps;
};

/// Numbers in their order: x < y exactly where key(x) < key(y), but for zeros, which are equal.
uint64_t key_of(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}

double number_of(uint64_t key) {
  return std::bit_cast<double>(key >> 63 != 0 ? key & ~(uint64_t{1} << 63) : ~key);
}

bool is_code(const StepRecord& record, StepCode code) {
  return record.code == static_cast<uint32_t>(code);
}

/// Whether larger numbers never become smaller ones. log1p makes numbers below -1 missing, and so
/// does none of the others; what is missing becomes a number in some.
bool is_monotone(const StepRecord& record) {
  switch (static_cast<StepCode>(record.code)) {
    case StepCode::kFill:
    case StepCode::kLog1p:
    case StepCode::kClip:
    case StepCode::kCountEdges:
    case StepCode::kIsMissing: return true;
    case StepCode::kAffine: return record.numbers[1] > 0;
    default: return false;
  }
}

bool has_log1p(const Chain& chain) {
  return std::any_of(chain.steps.begin(), chain.steps.end(),
                     [](const StepRecord* record) { return is_code(*record, StepCode::kLog1p); });
}

/// Of every feature the chain that it is made by, if there is one.
std::vector<std::optional<Chain>> chains_of(const PlanView& plan) {
  std::vector<std::optional<Chain>> slots(plan.num_slots), features(plan.num_features);
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const StepRecord& record = plan.steps[i];
    if (is_code(record, StepCode::kStore)) {
      features[record.integers[0]] = slots[record.inputs[0]];
      continue;
    }
    std::optional<Chain> made;
    if (is_code(record, StepCode::kLoad)) {
      // Ranks know numbers and NaN alone: where NaN is not what is missing, they say too little.
      if (plan.slots[record.outputs[0]] == ValueType::kF64 && record.integers[kKeepsNan] == 0) {
        made = Chain{static_cast<uint32_t>(record.integers[0]), {&record}};
      }
    } else if (record.num_inputs == 1 && record.num_outputs == 1 && is_monotone(record)) {
      made = slots[record.inputs[0]];
      // Behind a second one there could be several ranges of numbers that become missing.
      if (made && is_code(record, StepCode::kLog1p) && has_log1p(*made)) made.reset();
      if (made) made->steps.push_back(&record);
    }
    for (uint32_t out = 0; out < record.num_outputs; ++out) slots[record.outputs[out]] = made;
  }
  return features;
}

/// What the plan makes of a number.
struct Made {
  double feature;    // rounded to float32
  bool becomes_nan;  // a number that log1p makes missing, whatever becomes of that
};

/// Up to kTileRows numbers of an input.
void run_tile(const PlanView& plan, const Chain& chain, const double* numbers, uint32_t count,
              Made* made) {
  uint8_t* scratch = thread_scratch(uint64_t{plan.num_slots} * kSlotBytes);
  const StepContext context{&process_kernels(), nullptr, 0,       count,   scratch, plan.slots,
                            plan.data,          nullptr, nullptr, nullptr, nullptr};
  const Tile first = context.output(*chain.steps[0], 0);
  std::fill_n(first.validity, kValidityWords, uint64_t{0});
  for (uint32_t i = 0; i < count; ++i) {
    const bool valid = numbers[i] == numbers[i];
    values_of<double>(first)[i] = valid ? numbers[i] : kNan;
    first.validity[i >> 6] |= uint64_t{valid} << (i & 63);
    made[i].becomes_nan = false;
  }
  for (size_t k = 1; k < chain.steps.size(); ++k) {
    const StepRecord& record = *chain.steps[k];
    find_step(record.code)->run(record, context);
    if (!is_code(record, StepCode::kLog1p)) continue;
    const double* logs = values_of<double>(context.output(record, 0));
    for (uint32_t i = 0; i < count; ++i) {
      made[i].becomes_nan = logs[i] != logs[i] && numbers[i] == numbers[i];
    }
  }
  const Tile last = context.output(*chain.steps.back(), 0);
  for (uint32_t i = 0; i < count; ++i) {
    made[i].feature = last.type == ValueType::kI32
                          ? static_cast<double>(static_cast<float>(values_of<int32_t>(last)[i]))
                          : static_cast<double>(static_cast<float>(values_of<double>(last)[i]));
  }
}

class Fold {
 public:
  Fold(const PlanView& plan, const Chain& chain, const SlicedColumn& column,
       const double* thresholds)
      : plan_(plan),
        chain_(chain),
        original_(column),
        limits_(thresholds, thresholds + column.num_thresholds) {}

  /// Nothing where the input's numbers cannot stand for the feature.
  std::optional<FoldedColumn> run(uint32_t number) {
    if (static_cast<ForestTreatment>(original_.treatment) == ForestTreatment::kZeroRight) return {};
    FoldedColumn folded{};
    folded.number = number;
    folded.input = chain_.input;
    // Numbers that become missing come first, and are a range with ranks of its own.
    double lowest = -kInfinity;
    if (make({-kInfinity})[0].becomes_nan) {
      folded.thresholds = bisect(1, [](size_t, const Made& one) { return !one.becomes_nan; });
      lowest = std::nextafter(folded.thresholds[0], kInfinity);
    }
    const std::vector<Made> ends = make({lowest, kInfinity, -kInfinity, kNan});
    if (ends[1].feature != ends[1].feature) return {};
    // The first limits may lie below all features: then every rank is as much higher.
    const auto first = std::find_if(limits_.begin(), limits_.end(),
                                    [&](double limit) { return !(ends[0].feature > limit); });
    const auto last = std::find_if(first, limits_.end(),
                                   [&](double limit) { return !(ends[1].feature > limit); });
    folded.shift = static_cast<uint8_t>(first - limits_.begin());
    folded.shift = static_cast<uint8_t>(folded.shift - folded.thresholds.size());
    const std::vector<double> found =
        bisect(static_cast<size_t>(last - first), [&](size_t i, const Made& one) {
          return !one.becomes_nan && one.feature > first[static_cast<ptrdiff_t>(i)];
        });
    folded.thresholds.insert(folded.thresholds.end(), found.begin(), found.end());
    if (folded.thresholds.size() > kMaxRanks) return {};
    if (!folded.thresholds.empty() && std::isinf(folded.thresholds.front())) return {};
    set_pair(ends[2].feature, folded.first);
    set_pair(ends[3].feature, folded.missing);
    folded.column.feature = original_.feature;
    folded.column.treatment = static_cast<uint32_t>(ForestTreatment::kNanRight);
    folded.column.num_thresholds = static_cast<uint32_t>(folded.thresholds.size());
    add_cells(folded.thresholds, folded.column, folded.cells);
    if (!is_fast(folded.column) || !is_right(folded)) return {};
    folded.thresholds.insert(folded.thresholds.end(), kMaxCompares, kInfinity);
    return folded;
  }

 private:
  std::vector<Made> make(const std::vector<double>& numbers) const {
    std::vector<Made> made(numbers.size());
    for (size_t at = 0; at < numbers.size(); at += kTileRows) {
      const auto some = static_cast<uint32_t>(std::min<size_t>(kTileRows, numbers.size() - at));
      run_tile(plan_, chain_, &numbers[at], some, &made[at]);
    }
    return made;
  }

  /// `count` times, side by side, the largest number for which is_above(i, made of it) is false: it
  /// is so for the lowest number, and never again where it was true once.
  template <class IsAbove>
  std::vector<double> bisect(size_t count, const IsAbove& is_above) const {
    std::vector<uint64_t> low(count, key_of(-kInfinity)), high(count, key_of(kInfinity));
    std::vector<double> middle(count);
    for (uint32_t round = 0; round < 64; ++round) {
      for (size_t i = 0; i < count; ++i) middle[i] = number_of(low[i] + (high[i] - low[i]) / 2);
      const std::vector<Made> made = make(middle);
      for (size_t i = 0; i < count; ++i) {
        (is_above(i, made[i]) ? high : low)[i] = low[i] + (high[i] - low[i]) / 2;
      }
    }
    for (size_t i = 0; i < count; ++i) middle[i] = number_of(low[i]);
    return middle;
  }

  /// Both ranks of a feature.
  void set_pair(double value, uint8_t (&pair)[2]) const {
    if (value != value &&
        static_cast<ForestTreatment>(original_.treatment) == ForestTreatment::kNanIsZero) {
      value = 0;
    }
    if (value != value) {
      pair[0] = 0;
      pair[1] = 255;
      return;
    }
    const auto rank = std::lower_bound(limits_.begin(), limits_.end(), value);
    pair[0] = pair[1] = static_cast<uint8_t>(rank - limits_.begin());
  }

  bool is_fast(const SlicedColumn& column) const {
    if (column.num_thresholds < 4) return true;
    return column.num_cells != 0 &&
           column.num_compares <= std::max(kMaxFoldedCompares, original_.num_compares);
  }

  /// At every place where ranks change, and at numbers of every size, they are what they were.
  bool is_right(const FoldedColumn& folded) const {
    std::vector<double> numbers{-kInfinity, -1, 0, 1, kInfinity};
    for (int exponent = -1000; exponent < 1000; exponent += 20) {
      numbers.push_back(std::ldexp(1.0, exponent));
      numbers.push_back(-numbers.back());
    }
    for (const double threshold : folded.thresholds) {
      numbers.push_back(threshold);
      numbers.push_back(std::nextafter(threshold, kInfinity));
      numbers.push_back(std::nextafter(threshold, -kInfinity));
    }
    const std::vector<Made> made = make(numbers);
    for (size_t i = 0; i < numbers.size(); ++i) {
      const auto below =
          std::lower_bound(folded.thresholds.begin(), folded.thresholds.end(), numbers[i]);
      const auto found = static_cast<uint8_t>(below - folded.thresholds.begin());
      const auto rank = static_cast<uint8_t>(found + folded.shift);
      uint8_t wanted[2];
      set_pair(made[i].feature, wanted);
      for (uint32_t k = 0; k < 2; ++k) {
        if (wanted[k] != (found == 0 ? folded.first[k] : rank)) return false;
      }
    }
    return true;
  }

  const PlanView& plan_;
  const Chain& chain_;
  const SlicedColumn& original_;
  const std::vector<double> limits_;  // the column's thresholds
};

}  // namespace

bool has_ranked_features(const BundleView& bundle) noexcept {
  return bundle.model.model != nullptr && bundle.model.model->code == ModelCode::kForest &&
         !bundle.plan.wide && bundle.plan.num_steps != 0 &&
         view_forest(bundle.model.section).program != nullptr;
}

SlicedView program_of(const BundleView& bundle) noexcept {
  const ForestView forest = view_forest(bundle.model.section);
  return view_sliced(forest.program, *forest.header);
}

std::shared_ptr<const RankedForest> rank_forest(const BundleView& bundle) {
  const SlicedView view = program_of(bundle);
  const std::vector<std::optional<Chain>> chains = chains_of(bundle.plan);
  std::vector<bool> stays(bundle.plan.num_features, false);
  for (uint32_t i = 0; i < view.header->num_category_features; ++i) {
    stays[view.categories[i].feature] = true;
  }
  auto made = std::make_shared<RankedForest>();
  for (uint32_t i = 0; i < view.header->num_columns; ++i) {
    const SlicedColumn& column = view.columns[i];
    if (stays[column.feature]) continue;
    std::optional<FoldedColumn> folded;
    if (const std::optional<Chain>& chain = chains[column.feature]) {
      folded = Fold(bundle.plan, *chain, column, view.thresholds + column.first_threshold).run(i);
    }
    if (folded) {
      made->columns.push_back(std::move(*folded));
    } else {
      stays[column.feature] = true;
    }
  }
  std::erase_if(made->columns,
                [&](const FoldedColumn& column) { return stays[column.column.feature]; });
  return made;
}

}  // namespace mainspring

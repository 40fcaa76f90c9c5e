// Raw scores of a forest: rows become slot values, eight walks run side by side, leaves are added
// in tree order.
//
// One walk waits for memory at every level; eight independent ones hide each other's latency. Many
// rows: eight rows in one tree. One row: eight trees at once. Either way a row's sum takes its
// trees in ascending order, so the bits do not depend on the number of rows.
#include "runtime/models/forest/forest.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kChains = 8;
constexpr double kInfinity = __builtin_inf();
constexpr double kNan = __builtin_nan("");

/// Rows whose slot values are in memory at a time: they should stay in the L1 or L2 cache. Wide
/// forests take few, which bounds the scratch to 64 bytes a slot.
constexpr uint32_t block_rows(uint32_t num_slots) { return num_slots <= 1024 ? 64 : kChains; }

/// Values of a row: the one that leaves read, then one for each slot. Eight rows lie side by side:
/// value v of row r of a group is at [v * kChains + r], so that the walks of a group share one
/// address and a fill writes whole cache lines.
uint64_t group_values(const ForestView& forest) {
  return (uint64_t{forest.header->num_slots} + 1) * kChains;
}

bool is_zero(double value) { return value >= -kForestZero && value <= kForestZero; }

double treated(double value, ForestTreatment treatment) {
  const bool missing = value != value;
  switch (treatment) {
    case ForestTreatment::kNanIsZero: return missing ? 0.0 : value;
    case ForestTreatment::kNanLeft: return missing ? -kInfinity : value;
    case ForestTreatment::kNanRight: return value;
    case ForestTreatment::kZeroLeft: return missing || is_zero(value) ? -kInfinity : value;
    case ForestTreatment::kZeroRight: return is_zero(value) ? kNan : value;
    case ForestTreatment::kCategory: break;
  }
  const bool known = value > -1.0 && value < 2147483648.0;
  return __builtin_bit_cast(double, known ? static_cast<uint64_t>(value) : uint64_t{kNoCategory});
}

template <ForestTreatment kTreatment, class T>
void fill_slot(const T* column, uint32_t num_rows, double* values) {
  for (uint32_t row = 0; row < num_rows; ++row) values[row] = treated(column[row], kTreatment);
}

/// One group: at most eight rows. The loop over rows is inside of the switch.
template <class T>
void fill_group(const ForestView& forest, const T* features, uint32_t num_rows, double* values) {
  for (uint32_t row = 0; row < kChains; ++row) values[row] = -kInfinity;
  for (uint32_t i = 0; i < forest.header->num_slots; ++i) {
    const T* column = features + uint64_t{forest.slots[i].feature} * kTileRows;
    values += kChains;
    switch (static_cast<ForestTreatment>(forest.slots[i].treatment)) {
      case ForestTreatment::kNanIsZero:
        fill_slot<ForestTreatment::kNanIsZero>(column, num_rows, values);
        break;
      case ForestTreatment::kNanLeft:
        fill_slot<ForestTreatment::kNanLeft>(column, num_rows, values);
        break;
      case ForestTreatment::kNanRight:
        fill_slot<ForestTreatment::kNanRight>(column, num_rows, values);
        break;
      case ForestTreatment::kZeroLeft:
        fill_slot<ForestTreatment::kZeroLeft>(column, num_rows, values);
        break;
      case ForestTreatment::kZeroRight:
        fill_slot<ForestTreatment::kZeroRight>(column, num_rows, values);
        break;
      case ForestTreatment::kCategory:
        fill_slot<ForestTreatment::kCategory>(column, num_rows, values);
        break;
    }
  }
}

bool in_set(const uint32_t* set_words, const ForestNode& node, double value) {
  const auto category = static_cast<uint32_t>(__builtin_bit_cast(uint64_t, value));
  return (category >> 5) < node.set.num_words &&
         (set_words[node.set.first_word + (category >> 5)] >> (category & 31) & 1) != 0;
}

/// One level. A leaf stays where it is.
template <bool kSets>
uint32_t descend(const ForestView& forest, const double* values, uint32_t at) {
  const ForestNode& node = forest.nodes[at];
  if constexpr (kSets) {
    const double value = values[uint64_t{node.value & ~kForestSetNode} * kChains];
    const bool left = (node.value & kForestSetNode) != 0 ? in_set(forest.set_words, node, value)
                                                         : value <= node.threshold;
    return node.left + static_cast<uint32_t>(!left);
  } else {
    const double value = values[uint64_t{node.value} * kChains];
    return node.left + static_cast<uint32_t>(!(value <= node.threshold));
  }
}

/// Walks eight chains to their leaves: eight rows of a group, or one row in eight trees (kLane 0).
/// Looking for the end only every other level saves more than the idle level costs.
template <bool kSets, uint32_t kLane>
void walk(const ForestView& forest, const double* values, uint32_t (&at)[kChains]) {
  uint32_t moved;
  do {
    moved = 0;
#pragma GCC unroll 8
    for (uint32_t k = 0; k < kChains; ++k) {
      at[k] = descend<kSets>(forest, values + k * kLane, at[k]);
    }
#pragma GCC unroll 8
    for (uint32_t k = 0; k < kChains; ++k) {
      const uint32_t next = descend<kSets>(forest, values + k * kLane, at[k]);
      moved |= next ^ at[k];
      at[k] = next;
    }
  } while (moved != 0);
}

template <uint32_t kLane>
void walk(const ForestView& forest, bool has_sets, const double* values, uint32_t (&at)[kChains]) {
  if (has_sets) {
    walk<true, kLane>(forest, values, at);
  } else {
    walk<false, kLane>(forest, values, at);
  }
}

/// One row: the last group of trees is filled up with its own last tree, whose values are dropped.
void predict_one(const ForestView& forest, const double* values, double* out) {
  const uint32_t num_trees = forest.header->num_trees;
  for (uint32_t first = 0; first < num_trees; first += kChains) {
    const uint32_t count = num_trees - first < kChains ? num_trees - first : kChains;
    uint32_t at[kChains];
    uint32_t has_sets = 0;
    for (uint32_t k = 0; k < kChains; ++k) {
      const ForestTree& tree = forest.trees[first + (k < count ? k : count - 1)];
      at[k] = tree.first_node;
      has_sets |= tree.has_sets;
    }
    walk<0>(forest, has_sets != 0, values, at);
    for (uint32_t k = 0; k < count; ++k) {
      out[forest.trees[first + k].output] += forest.nodes[at[k]].leaf;
    }
  }
}

void predict_block(const ForestView& forest, uint32_t num_rows, uint32_t num_outputs,
                   const double* values, double* out) {
  const uint32_t grouped = num_rows / kChains;
  const uint64_t stride = group_values(forest);
  for (uint32_t t = 0; grouped != 0 && t < forest.header->num_trees; ++t) {
    const ForestTree& tree = forest.trees[t];
    double* sums = out + tree.output;
    for (uint32_t group = 0; group < grouped; ++group) {
      uint32_t at[kChains];
      for (uint32_t& node : at) node = tree.first_node;
      walk<1>(forest, tree.has_sets != 0, values + group * stride, at);
      for (uint32_t k = 0; k < kChains; ++k) {
        *sums += forest.nodes[at[k]].leaf;
        sums += num_outputs;
      }
    }
  }
  for (uint32_t row = grouped * kChains; row < num_rows; ++row) {
    predict_one(forest, values + grouped * stride + row % kChains,
                out + uint64_t{row} * num_outputs);
  }
}

template <class T>
void predict_rows(const ForestView& forest, const T* features, uint32_t num_rows,
                  uint32_t num_outputs, double* values, double* out) {
  const uint32_t block = block_rows(forest.header->num_slots);
  for (uint32_t first = 0; first < num_rows; first += block) {
    const uint32_t count = num_rows - first < block ? num_rows - first : block;
    for (uint32_t row = 0; row < count; row += kChains) {
      fill_group(forest, features + first + row, count - row < kChains ? count - row : kChains,
                 values + row / kChains * group_values(forest));
    }
    predict_block(forest, count, num_outputs, values, out + uint64_t{first} * num_outputs);
  }
}

struct Forest {
  static constexpr ModelCode kCode = ModelCode::kForest;
  static constexpr const char* kName = "forest";

  static Status verify(const ModelView& view) noexcept { return verify_forest(view); }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    const ForestView forest = view_forest(view.section);
    const uint64_t groups = block_rows(forest.header->num_slots) / kChains;
    return group_values(forest) * groups * sizeof(double);
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& /*kernels*/, uint8_t* scratch, double* out) noexcept {
    if (features.num_rows == 0) return;
    const ForestView forest = view_forest(view.section);
    const uint32_t num_outputs = view.header->num_outputs;
    auto* values = reinterpret_cast<double*>(scratch);
    fill_zero(out, uint64_t{features.num_rows} * num_outputs * sizeof(double));
    if (features.narrow != nullptr) {
      predict_rows(forest, features.narrow, features.num_rows, num_outputs, values, out);
    } else {
      predict_rows(forest, features.wide, features.num_rows, num_outputs, values, out);
    }
  }
};

}  // namespace

extern constinit const Model kForestModel;
constinit const Model kForestModel = model_of<Forest>();

}  // namespace mainspring

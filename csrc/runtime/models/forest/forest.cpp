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

template <class T>
void fill_slot(const T* column, ForestTreatment treatment, uint32_t num_rows, uint64_t stride,
               double* values) {
  for (uint32_t row = 0; row < num_rows; ++row)
    values[row * stride] = treated(column[row], treatment);
}

/// The loop over rows, once for each treatment: the switch is then outside of it.
template <class T>
void fill_slots(const ForestView& forest, const T* features, uint32_t num_rows, double* values) {
  const uint64_t stride = forest.header->num_slots;
  for (uint32_t i = 0; i < forest.header->num_slots; ++i) {
    const T* column = features + uint64_t{forest.slots[i].feature} * kTileRows;
    double* out = values + i;
    switch (static_cast<ForestTreatment>(forest.slots[i].treatment)) {
      case ForestTreatment::kNanIsZero:
        fill_slot(column, ForestTreatment::kNanIsZero, num_rows, stride, out);
        break;
      case ForestTreatment::kNanLeft:
        fill_slot(column, ForestTreatment::kNanLeft, num_rows, stride, out);
        break;
      case ForestTreatment::kNanRight:
        fill_slot(column, ForestTreatment::kNanRight, num_rows, stride, out);
        break;
      case ForestTreatment::kZeroLeft:
        fill_slot(column, ForestTreatment::kZeroLeft, num_rows, stride, out);
        break;
      case ForestTreatment::kZeroRight:
        fill_slot(column, ForestTreatment::kZeroRight, num_rows, stride, out);
        break;
      case ForestTreatment::kCategory:
        fill_slot(column, ForestTreatment::kCategory, num_rows, stride, out);
        break;
    }
  }
}

bool in_set(const uint32_t* set_words, const ForestNode& node, double value) {
  const auto category = static_cast<uint32_t>(__builtin_bit_cast(uint64_t, value));
  return (category >> 5) < node.set.num_words &&
         (set_words[node.set.first_word + (category >> 5)] >> (category & 31) & 1) != 0;
}

/// One level: a leaf stays where it is, because its flag masks the comparison.
template <bool kSets>
uint32_t descend(const ForestView& forest, const double* values, uint32_t at) {
  const ForestNode& node = forest.nodes[at];
  const double value = values[node.meta & kForestSlotMask];
  bool right = !(value <= node.threshold);
  if constexpr (kSets) {
    if ((node.meta & kForestSetNode) != 0) right = !in_set(forest.set_words, node, value);
  }
  return node.left + (static_cast<uint32_t>(right) & node.meta >> 31);
}

/// Walks eight chains to their leaves. Chain k reads values + k * stride. Looking for the end only
/// every other level saves more than the idle level costs.
template <bool kSets>
void walk(const ForestView& forest, const double* values, uint64_t stride,
          uint32_t (&at)[kChains]) {
  uint32_t moved;
  do {
    moved = 0;
#pragma GCC unroll 8
    for (uint32_t k = 0; k < kChains; ++k) {
      at[k] = descend<kSets>(forest, values + k * stride, at[k]);
    }
#pragma GCC unroll 8
    for (uint32_t k = 0; k < kChains; ++k) {
      const uint32_t next = descend<kSets>(forest, values + k * stride, at[k]);
      moved |= next ^ at[k];
      at[k] = next;
    }
  } while (moved != 0);
}

void walk_rows(const ForestView& forest, const ForestTree& tree, const double* values,
               uint32_t (&at)[kChains]) {
  for (uint32_t& node : at) node = tree.first_node;
  const uint64_t stride = forest.header->num_slots;
  if (tree.has_sets != 0) {
    walk<true>(forest, values, stride, at);
  } else {
    walk<false>(forest, values, stride, at);
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
    if (has_sets != 0) {
      walk<true>(forest, values, 0, at);
    } else {
      walk<false>(forest, values, 0, at);
    }
    for (uint32_t k = 0; k < count; ++k) {
      out[forest.trees[first + k].output] += forest.nodes[at[k]].leaf;
    }
  }
}

void predict_block(const ForestView& forest, uint32_t num_rows, uint32_t num_outputs,
                   const double* values, double* out) {
  const uint64_t stride = forest.header->num_slots;
  const uint32_t grouped = num_rows / kChains * kChains;
  if (grouped != 0) {
    for (uint32_t t = 0; t < forest.header->num_trees; ++t) {
      const ForestTree& tree = forest.trees[t];
      for (uint32_t row = 0; row < grouped; row += kChains) {
        uint32_t at[kChains];
        walk_rows(forest, tree, values + row * stride, at);
        for (uint32_t k = 0; k < kChains; ++k) {
          out[uint64_t{row + k} * num_outputs + tree.output] += forest.nodes[at[k]].leaf;
        }
      }
    }
  }
  for (uint32_t row = grouped; row < num_rows; ++row) {
    predict_one(forest, values + row * stride, out + uint64_t{row} * num_outputs);
  }
}

struct Forest {
  static constexpr ModelCode kCode = ModelCode::kForest;
  static constexpr const char* kName = "forest";

  static Status verify(const ModelView& view) noexcept { return verify_forest(view); }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    const uint64_t num_slots = view_forest(view.section).header->num_slots;
    return (num_slots * block_rows(static_cast<uint32_t>(num_slots)) * sizeof(double) + 63) / 64 *
           64;
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& /*kernels*/, uint8_t* scratch, double* out) noexcept {
    if (features.num_rows == 0) return;
    const ForestView forest = view_forest(view.section);
    const uint32_t num_outputs = view.header->num_outputs;
    const uint32_t block = block_rows(forest.header->num_slots);
    auto* values = reinterpret_cast<double*>(scratch);
    fill_zero(out, uint64_t{features.num_rows} * num_outputs * sizeof(double));
    for (uint32_t first = 0; first < features.num_rows; first += block) {
      const uint32_t left = features.num_rows - first;
      const uint32_t num_rows = left < block ? left : block;
      if (features.narrow != nullptr) {
        fill_slots(forest, features.narrow + first, num_rows, values);
      } else {
        fill_slots(forest, features.wide + first, num_rows, values);
      }
      predict_block(forest, num_rows, num_outputs, values, out + uint64_t{first} * num_outputs);
    }
  }
};

}  // namespace

extern constinit const Model kForestModel;
constinit const Model kForestModel = model_of<Forest>();

}  // namespace mainspring

// A forest as the GPU walks it: values become ranks among the thresholds of their slot, so that a
// node takes 8 bytes and compares small integers, exactly. compile_forest.cpp makes it of the MODEL
// section; forest_rows.hpp runs it.
#pragma once
#include "shared_forms.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kForestRows = 128;   // of a block, a thread each
inline constexpr uint16_t kLeaf = 0xFFFF;      // in place of a slot
inline constexpr uint16_t kSetFlag = 0x8000;   // of a slot: the node asks for a set
inline constexpr uint16_t kAboveAll = 0xFFFF;  // rank of NaN, and of what is no category

/// value <= threshold number `rank` of the slot, or, with kSetFlag, whether set `rank` has it: to
/// `left`, else to left + 1.
struct DeviceNode {
  uint32_t left;
  uint16_t slot;
  uint16_t rank;
};

struct DeviceTree {
  uint32_t root;
  uint32_t output;
};

/// ForestSlot, and its ascending distinct thresholds; none where it holds categories.
struct DeviceSlot {
  uint32_t feature;
  uint32_t treatment;
  uint32_t first_threshold;
  uint32_t num_thresholds;
};

struct DeviceSet {
  uint32_t first_word;
  uint32_t num_words;
};

struct DeviceForest {
  const DeviceTree* trees;
  const DeviceNode* nodes;
  const double* leaves;  // of each node: what a leaf adds, or the number of its vector
  const DeviceSlot* slots;
  const double* thresholds;
  const DeviceSet* sets;
  const uint32_t* set_words;
  const double* bases;
  const double* wide_vectors;  // of leaf vectors; one of the two, or neither
  const float* narrow_vectors;
  uint32_t num_trees;
  uint32_t num_slots;
  uint32_t num_outputs;
  uint32_t leaf_width;
  bool sums_floats;
  bool rounds_inputs;  // float64 features to float32 first
};

/// Rows of features to ranks[slot * num_rows + row]. One of the two pointers is set.
struct RankArgs {
  const DeviceSlot* slots;
  const double* thresholds;
  uint32_t num_slots;
  bool rounds_inputs;
  const float* narrow;
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
  uint64_t num_rows;
  uint16_t* ranks;
};

struct WalkArgs {
  DeviceForest forest;
  const uint16_t* ranks;
  uint64_t num_rows;
  double* scores;  // [num_rows][num_outputs]
};

/// From raw scores to what was asked for: runtime/models/output.cpp.
struct FinishArgs {
  double* scores;  // [num_rows][num_outputs]; changed on the way
  double* out;     // [num_rows][width]
  uint64_t num_rows;
  uint32_t num_outputs;
  uint32_t kind;  // OutputKind
  uint32_t link;
  uint32_t decision;
  double link_scale;
  double link_divisor;
  double threshold;
};

}  // namespace mainspring::gpu

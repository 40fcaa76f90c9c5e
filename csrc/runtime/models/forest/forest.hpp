// The bytes of a forest in the MODEL section, and the pointers into them that its kernels use.
//
// A node's whole decision is `value[slot] <= threshold`: what a library does with NaN, zeros and
// missing values is a property of the slot, worked out once for each row, so that the walk has no
// branch and no special case. Siblings lie side by side and behind their parent, so that one pass
// proves that every walk ends.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// How raw scores are added up. Stored in bundles, never changes.
enum class ForestSum : uint32_t { kDoubleInTreeOrder = 1 };

/// Behind ModelHeader. Then follow, each padded with zeros to a multiple of 64: ForestTrees,
/// ForestSlots, ForestNodes, set words (u32), original ids (u32), covers (f64) and gains (f64) of
/// all nodes; and nothing else.
struct ForestHeader {
  uint32_t num_trees;
  uint32_t num_nodes;  // leaves included
  uint32_t num_slots;
  uint32_t num_set_words;
  uint32_t sum;  // ForestSum
  uint32_t reserved[11];
};
static_assert(sizeof(ForestHeader) == 64);

/// Nodes [first_node, first_node + num_nodes), the first of them the root. The trees' ranges follow
/// each other without gaps.
struct ForestTree {
  uint32_t first_node;
  uint32_t num_nodes;
  uint32_t output;    // the raw score that its leaves add to
  uint32_t has_sets;  // 1: some of its nodes test a set of categories
};
static_assert(sizeof(ForestTree) == 16);

/// What becomes of a feature's value before nodes compare it. Stored in bundles, never changes.
enum class ForestTreatment : uint32_t {
  kNanIsZero = 0,  // NaN -> 0
  kNanLeft = 1,    // NaN -> -infinity, which is <= every threshold
  kNanRight = 2,   // NaN stays, which is <= none
  kZeroLeft = 3,   // NaN and |x| <= kForestZero -> -infinity
  kZeroRight = 4,  // NaN and |x| <= kForestZero -> NaN
  kCategory = 5,   // the integer part, as bits; NaN, negative and above int32: kNoCategory
};
inline constexpr uint32_t kNumForestTreatments = 6;
/// What LightGBM takes for zero: 1e-35 as float32, widened.
inline constexpr double kForestZero = 1e-35f;
inline constexpr uint32_t kNoCategory = 0xFFFFFFFFu;

struct ForestSlot {
  uint32_t feature;
  uint32_t treatment;  // ForestTreatment
};
static_assert(sizeof(ForestSlot) == 8);

inline constexpr uint32_t kMaxForestSlots = 1u << 24;
inline constexpr uint32_t kForestSetNode = 1u << 31;  // flag: the node tests a set of categories
inline constexpr uint32_t kMaxForestSetWords = 1u << 26;

/// An inner node sends a row to `left` when its value is <= threshold (or its category is in the
/// set), else to left + 1. A leaf's `left` is the node itself, and its `value` is 0, whose value is
/// -infinity in every row: <= every leaf's number, so that a walk stays there without a test.
struct ForestNode {
  union {
    double threshold;
    double leaf;
    struct {
      uint32_t first_word;
      uint32_t num_words;
    } set;  // bit c of the words: category c goes left
  };
  uint32_t left;   // counted over the whole forest
  uint32_t value;  // 0: a leaf; else 1 + slot, with kForestSetNode for a set
};
static_assert(sizeof(ForestNode) == 16);

struct ForestView {
  const ForestHeader* header;
  const ForestTree* trees;
  const ForestSlot* slots;
  const ForestNode* nodes;
  const uint32_t* set_words;
  const uint32_t* ids;   // the source's own number of each leaf, and of each inner node
  const double* covers;  // training rows (or weights) that reached the node; 0 when unknown
  const double* gains;   // of inner nodes; 0 for leaves and when unknown
};

/// Byte offsets of the arrays from the start of the section, and the section's length.
struct ForestLayout {
  uint64_t trees, slots, nodes, set_words, ids, covers, gains, length;
};

/// Cannot overflow: counts are 32 bits wide.
constexpr ForestLayout forest_layout(const ForestHeader& header) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  ForestLayout at{};
  at.trees = sizeof(ModelHeader) + sizeof(ForestHeader);
  at.slots = at.trees + padded(uint64_t{header.num_trees} * sizeof(ForestTree));
  at.nodes = at.slots + padded(uint64_t{header.num_slots} * sizeof(ForestSlot));
  at.set_words = at.nodes + padded(uint64_t{header.num_nodes} * sizeof(ForestNode));
  at.ids = at.set_words + padded(uint64_t{header.num_set_words} * sizeof(uint32_t));
  at.covers = at.ids + padded(uint64_t{header.num_nodes} * sizeof(uint32_t));
  at.gains = at.covers + padded(uint64_t{header.num_nodes} * sizeof(double));
  at.length = at.gains + padded(uint64_t{header.num_nodes} * sizeof(double));
  return at;
}

/// Pointers into a section whose length was compared with its layout.
ForestView view_forest(const uint8_t* section) noexcept;

/// Trusts nothing behind ModelHeader, whose fields open_model has checked.
Status verify_forest(const ModelView& view) noexcept;

}  // namespace mainspring

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

/// How raw scores are added up, tree by tree, from the output's base on. Stored in bundles, never
/// changes. With floats every sum is rounded to float32, as if it were held in one. Fixed point:
/// leaves and bases are whole numbers of one unit, so few that float64 holds every sum of them: no
/// sum is rounded, and its bits are those of integers in any order.
enum class ForestSum : uint32_t { kDoubleInTreeOrder = 1, kFloatInTreeOrder = 2, kFixedPoint = 3 };

inline constexpr int32_t kMaxUnitExponent = 1000;
/// The most that the largest leaves of all trees and the largest base come to together, in units.
inline constexpr uint64_t kMaxUnits = uint64_t{1} << 53;

/// 2^exponent, a normal number.
constexpr double power_of_two(int32_t exponent) {
  return __builtin_bit_cast(double, static_cast<uint64_t>(1023 + exponent) << 52);
}

/// What is done to the values of features before anything else. Stored in bundles, never changes.
enum class ForestInput : uint32_t {
  kAsIs = 1,            // float64, or float32 widened
  kRoundedToFloat = 2,  // float32; a float64 is rounded to the nearest
};

/// Bits of ForestHeader::flags; a reader refuses those that it does not know. Stored in bundles.
/// Covers and gains are left out: what only explanations read, and no device does.
inline constexpr uint32_t kForestWithoutStatistics = 1;

/// Behind ModelHeader. Then follow, each padded with zeros to a multiple of 64: ForestTrees,
/// ForestSlots, ForestNodes, set words (u32), bases (f64) of all outputs, leaf vectors
/// (num_vectors * leaf_width numbers: f32 when sums are floats, else f64), original ids (u32),
/// covers (f64) and gains (f64) of all nodes, unless the flags leave these out; then the bit-sliced
/// program (sliced.hpp), which says the same once more; and nothing else.
struct ForestHeader {
  uint32_t num_trees;
  uint32_t num_nodes;  // leaves included
  uint32_t num_slots;
  uint32_t num_set_words;
  uint32_t sum;           // ForestSum
  uint32_t input;         // ForestInput
  uint32_t leaf_width;    // 1: a leaf adds a number to its tree's output; else num_outputs
  uint32_t num_vectors;   // rows of the table of leaf vectors; 0 when leaf_width is 1
  int32_t unit_exponent;  // of kFixedPoint: a unit is 2^-unit_exponent; else 0
  uint32_t flags;
  uint32_t reserved[4];
  uint64_t program_length;  // of the bit-sliced program behind the arrays; 0: there is none
};
static_assert(sizeof(ForestHeader) == 64);

/// Nodes [first_node, first_node + num_nodes), the first of them the root. The trees' ranges follow
/// each other without gaps.
struct ForestTree {
  uint32_t first_node;
  uint32_t num_nodes;
  uint32_t output;    // the raw score that its leaves add to; 0 when they are vectors
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
  // A category is the integer part of the value, as bits; what is no category: kNoCategory.
  kCategory = 5,               // above -1 and below 2^31
  kCategoryFromZero = 6,       // at least 0 and below 2^31
  kCategoryBehindMissing = 7,  // the same, plus 1; NaN becomes 0, so that sets can hold it
  kWholeCategory = 8,          // at least 0 and below 2^31, and whole
};
inline constexpr uint32_t kNumForestTreatments = 9;
constexpr bool is_category(ForestTreatment treatment) {
  return treatment >= ForestTreatment::kCategory;
}
/// What LightGBM takes for zero: 1e-35 as float32, widened.
inline constexpr double kForestZero = 1e-35f;
inline constexpr uint32_t kNoCategory = 0xFFFFFFFFu;

struct ForestSlot {
  uint32_t feature;
  uint32_t treatment;  // ForestTreatment
};
static_assert(sizeof(ForestSlot) == 8);

/// The id of a tree of one leaf that is no tree of the source but a number that it adds last.
inline constexpr uint32_t kForestBaseId = 0xFFFFFFFFu;

inline constexpr uint64_t kMaxProgramBytes = uint64_t{1} << 40;
inline constexpr uint32_t kMaxForestSlots = 1u << 24;
inline constexpr uint32_t kForestSetNode = 1u << 31;  // flag: the node tests a set of categories
inline constexpr uint32_t kMaxForestSetWords = 1u << 26;

/// An inner node sends a row to `left` when its value is <= threshold (or its category is in the
/// set), else to left + 1. A leaf's `left` is the node itself, and its `value` is 0, whose value is
/// -infinity in every row: <= every leaf's number, so that a walk stays there without a test. With
/// leaf vectors, a leaf's number is the row of its vector.
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
  const double* bases;          // one for each output: where its sum begins
  const double* wide_vectors;   // of double sums; null otherwise
  const float* narrow_vectors;  // of float sums; null otherwise
  const uint32_t* ids;          // the source's own number of each leaf, and of each inner node
  const double* covers;         // training rows (or weights) that reached the node; 0 when unknown
  const double* gains;          // of inner nodes; 0 for leaves and when unknown. Null both, or none
  const uint8_t* program;       // bit-sliced; null when there is none
};

/// Byte offsets of the arrays from the start of the section, and the section's length.
struct ForestLayout {
  uint64_t trees, slots, nodes, set_words, bases, vectors, ids, covers, gains, program, length;
};

constexpr bool sums_floats(const ForestHeader& header) {
  return header.sum == static_cast<uint32_t>(ForestSum::kFloatInTreeOrder);
}

constexpr bool sums_units(const ForestHeader& header) {
  return header.sum == static_cast<uint32_t>(ForestSum::kFixedPoint);
}

constexpr bool has_statistics(const ForestHeader& header) {
  return (header.flags & kForestWithoutStatistics) == 0;
}

/// The number of a vector: whole, and one of the table's.
constexpr bool is_vector(const ForestHeader& header, double value) {
  return value >= 0 && value < header.num_vectors &&
         static_cast<double>(static_cast<uint32_t>(value)) == value;
}

/// Cannot overflow: counts are 32 bits wide, and leaf_width is at most kMaxModelOutputs, the
/// program at most kMaxProgramBytes long.
constexpr ForestLayout forest_layout(const ForestHeader& header, uint32_t num_outputs) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  ForestLayout at{};
  at.trees = sizeof(ModelHeader) + sizeof(ForestHeader);
  at.slots = at.trees + padded(uint64_t{header.num_trees} * sizeof(ForestTree));
  at.nodes = at.slots + padded(uint64_t{header.num_slots} * sizeof(ForestSlot));
  at.set_words = at.nodes + padded(uint64_t{header.num_nodes} * sizeof(ForestNode));
  at.bases = at.set_words + padded(uint64_t{header.num_set_words} * sizeof(uint32_t));
  at.vectors = at.bases + padded(uint64_t{num_outputs} * sizeof(double));
  at.ids = at.vectors + padded(uint64_t{header.num_vectors} * header.leaf_width *
                               (sums_floats(header) ? sizeof(float) : sizeof(double)));
  at.covers = at.ids + padded(uint64_t{header.num_nodes} * sizeof(uint32_t));
  const uint64_t statistics =
      has_statistics(header) ? padded(uint64_t{header.num_nodes} * sizeof(double)) : 0;
  at.gains = at.covers + statistics;
  at.program = at.gains + statistics;
  at.length = at.program + header.program_length;
  return at;
}

/// Pointers into a section whose length was compared with its layout.
ForestView view_forest(const uint8_t* section) noexcept;

/// Trusts nothing behind ModelHeader, whose fields open_model has checked.
Status verify_forest(const ModelView& view) noexcept;

}  // namespace mainspring

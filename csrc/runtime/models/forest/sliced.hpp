// The bit-sliced program of a forest: the trees once more, as masks over a block of rows.
//
// Every distinct condition of the forest is one mask with a bit for each row: set where the row
// goes right. A tree is then an AND and an AND-NOT for each inner node, without a load that depends
// on data and without a branch, for up to 512 rows at once. Conditions compare ranks: rank(x) is
// the number of thresholds of the column that are < x, so that x <= threshold number k is exactly
// rank(x) <= k, in one byte. Each column of ranks comes twice: with missing values below all
// thresholds, and above all of them. Categories that are in the same sets are one class, and each
// class has a bit for every set of its feature: the masks of sets are these bits, transposed.
//
// Leaves have codes: going right at a node XORs the node's code onto the path. Bit plane j of all
// rows' codes is the XOR of the masks of those right children whose code has bit j.
//
// Single rows have all their conditions as one string of bits, in which the nodes of the trees look
// up theirs while they are walked (bit_walk.inc).
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/core/status.hpp"
#include "runtime/models/forest/forest.hpp"
#include "runtime/models/forest/quick.hpp"

namespace mainspring {

/// Thresholds of a column; a feature may have several columns.
inline constexpr uint32_t kMaxRanks = 255;
/// Of a tree: 4096 leaves with the best codes.
inline constexpr uint32_t kMaxPlanes = 12;
/// Behind a cell; columns that need more are searched.
inline constexpr uint32_t kMaxCompares = 8;
inline constexpr uint32_t kMaxCells = 4096;                // of a column
inline constexpr uint32_t kMaxSliceCategories = 1u << 20;  // of a feature that have a class
inline constexpr uint32_t kMaxClasses = 1u << 16;
inline constexpr uint32_t kMaxSets = 1u << 24;        // of a feature
inline constexpr uint32_t kMaxClassWords = 1u << 23;  // of all features: 64 MiB
#if defined(MAINSPRING_SMALL)
/// Of devices: all blocks are alike.
inline constexpr uint32_t kSliceRows = kTileRows < 128 ? 64 : kTileRows < 256 ? 128 : 256;
inline constexpr uint32_t kFewestSliceRows = kSliceRows;
/// Single rows walk down the nodes there: nobody reads the forms that programs have for them.
inline constexpr bool kHasRowForms = false;
#else
inline constexpr uint32_t kSliceRows = 512;       // the widest block
inline constexpr uint32_t kFewestSliceRows = 64;  // the narrowest
inline constexpr bool kHasRowForms = true;
#endif

/// Behind the arrays of the forest. Then follow, each padded with zeros to a multiple of 64:
/// SlicedColumns, thresholds (f64), cells (u8), SlicedConditions, SlicedTrees, SlicedSteps, planes
/// (u16), leaves (f64), the arrays of quick.hpp, SlicedCategories, classes (u16), words of classes
/// (u64), SlicedRuns, and num_nodes bit nodes (u32) of the forest or none; and nothing else.
struct SlicedHeader {
  uint32_t num_columns;
  uint32_t num_thresholds;
  uint32_t num_cells;
  uint32_t num_conditions;  // that compare ranks
  uint32_t num_steps;       // inner nodes
  uint32_t num_planes;      // words of the lists of planes
  uint32_t num_leaves;      // entries of the tables of leaves
  uint32_t num_masks;       // the most that a tree's steps write
  uint32_t num_quick_steps;
  uint32_t num_quick_trees;
  uint32_t num_category_features;
  uint32_t num_sets;     // of all these features: their masks are behind those of conditions
  uint32_t num_classes;  // categories that have one, of all these features
  uint32_t num_words;    // of all classes of all these features
  uint32_t num_runs;     // of bits of single rows
  uint32_t num_bits;     // of a single row; 0: there is no such form
};
static_assert(sizeof(SlicedHeader) == 64);

/// One column of ranks. Its thresholds ascend and are followed by kMaxCompares infinities. A value
/// x lies in cell (x - low) * scale, cut to [0, num_cells - 1] and to an integer; the cell's byte
/// is the number of thresholds in cells before it, and at most num_compares lie in any cell.
struct SlicedColumn {
  uint32_t feature;
  uint32_t treatment;  // ForestTreatment: kNanIsZero, kNanRight or kZeroRight
  uint32_t first_threshold;
  uint32_t num_thresholds;
  uint32_t first_cell;
  uint32_t num_cells;  // 0: search among the thresholds instead
  uint32_t num_compares;
  uint32_t reserved;
  double low;
  double scale;
};
static_assert(sizeof(SlicedColumn) == 48);

/// Right where the rank is > `rank`.
struct SlicedCondition {
  uint32_t column;  // 2 * column; + 1: missing values are above all thresholds
  uint32_t rank;
};
static_assert(sizeof(SlicedCondition) == 8);

/// One feature whose nodes test sets of categories. Category c is of class `classes[first_class +
/// c]`, from num_categories on and where there is none of class 0. Bit s of the words of a class: 1
/// where it goes right at set s, as class 0 does everywhere.
struct SlicedCategories {
  uint32_t feature;
  uint32_t treatment;  // ForestTreatment, one of categories
  uint32_t first_class;
  uint32_t num_categories;
  uint32_t num_classes;
  uint32_t num_sets;
  uint32_t first_word;  // of num_classes times set_words()
  uint32_t first_bit;   // of a single row's: of these words
};
static_assert(sizeof(SlicedCategories) == 32);

constexpr uint32_t set_words(const SlicedCategories& categories) {
  return (categories.num_sets + 63) / 64;
}

/// Bits of a single row: from first_bit on, as many ones as the rank. Runs ascend, and what a run
/// has behind its last bit is overwritten by the ones behind it.
struct SlicedRun {
  uint32_t column;  // as in SlicedCondition
  uint32_t first_bit;
};
static_assert(sizeof(SlicedRun) == 8);

/// A node of the forest once more, for single rows: its left child, counted from the tree's first
/// node, << kBitsOfNode | the bit that says whether to go to the next one instead. Of a leaf: the
/// node itself, and its code, where bits are 0.
inline constexpr uint32_t kBitsOfNode = 19;
inline constexpr uint32_t kMaxBits = 1u << kBitsOfNode;
inline constexpr uint32_t kMaxBitNodes = (1u << 31) - 1;  // of the forest: indices are signed
/// Bits before this one are 0: as many as a tree can have codes.
inline constexpr uint32_t kFirstBit = 1u << kMaxPlanes;

struct SlicedTree {
  uint32_t first_step;
  uint32_t num_steps;
  uint32_t first_plane;  // of its lists: for each plane a number of masks, then these masks
  uint32_t num_planes;
  uint32_t first_leaf;  // of 1 << num_planes
  uint32_t output;
};
static_assert(sizeof(SlicedTree) == 24);

/// The first plane of a tree that asks one condition at each level: it splits no rows, since the
/// masks of these conditions are its planes. It has a step for each of them, with both masks 0.
inline constexpr uint32_t kSymmetric = 0xFFFFFFFFu;

constexpr bool is_symmetric(const SlicedTree& tree) { return tree.first_plane == kSymmetric; }

/// Step k of a tree splits mask k, which is all rows for step 0.
struct SlicedStep {
  uint32_t condition;
  uint16_t left;  // masks that it writes, both > k
  uint16_t right;
};
static_assert(sizeof(SlicedStep) == 8);

struct SlicedView {
  const SlicedHeader* header;
  const SlicedColumn* columns;
  const double* thresholds;
  const uint8_t* cells;
  const SlicedCondition* conditions;
  const SlicedTree* trees;
  const SlicedStep* steps;
  const uint16_t* planes;
  const double* leaves;
  QuickView quick;
  const SlicedCategories* categories;
  const uint16_t* classes;
  const uint64_t* class_words;
  const SlicedRun* runs;
  const uint32_t* bit_nodes;
};

/// Byte offsets of the arrays from the start of the program, and its length.
struct SlicedLayout {
  uint64_t columns, thresholds, cells, conditions, trees, steps, planes, leaves;
  QuickLayout quick;
  uint64_t categories, classes, class_words, runs, bit_nodes, length;
};

/// Cannot overflow: counts are 32 bits wide, and num_quick_steps is below kQuickLeaves.
constexpr SlicedLayout sliced_layout(const SlicedHeader& header, const ForestHeader& forest) {
  const uint64_t num_trees = forest.num_trees;
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  SlicedLayout at{};
  at.columns = sizeof(SlicedHeader);
  at.thresholds = at.columns + padded(uint64_t{header.num_columns} * sizeof(SlicedColumn));
  at.cells = at.thresholds + padded(uint64_t{header.num_thresholds} * sizeof(double));
  at.conditions = at.cells + padded(header.num_cells);
  at.trees = at.conditions + padded(uint64_t{header.num_conditions} * sizeof(SlicedCondition));
  at.steps = at.trees + padded(num_trees * sizeof(SlicedTree));
  at.planes = at.steps + padded(uint64_t{header.num_steps} * sizeof(SlicedStep));
  at.leaves = at.planes + padded(uint64_t{header.num_planes} * sizeof(uint16_t));
  const uint64_t end = at.leaves + padded(uint64_t{header.num_leaves} * sizeof(double));
  at.quick = quick_layout(end, header.num_quick_steps, header.num_quick_trees);
  at.categories = at.quick.end;
  at.classes =
      at.categories + padded(uint64_t{header.num_category_features} * sizeof(SlicedCategories));
  at.class_words = at.classes + padded(uint64_t{header.num_classes} * sizeof(uint16_t));
  at.runs = at.class_words + padded(uint64_t{header.num_words} * sizeof(uint64_t));
  at.bit_nodes = at.runs + padded(uint64_t{header.num_runs} * sizeof(SlicedRun));
  const uint64_t num_bit_nodes = header.num_bits != 0 ? forest.num_nodes : 0;
  at.length = at.bit_nodes + padded(num_bit_nodes * sizeof(uint32_t));
  return at;
}

SlicedView view_sliced(const uint8_t* program, const ForestHeader& forest) noexcept;

/// Trusts nothing in the program: afterwards no kernel leaves its arrays. That its numbers are
/// those of the trees is the writer's work. The index of a bad status is the byte offset in the
/// program.
Status verify_sliced(const uint8_t* program, uint64_t length, const ForestView& forest,
                     uint32_t num_features, uint32_t num_outputs) noexcept;

/// Masks of all conditions.
constexpr uint64_t num_condition_masks(const SlicedHeader& header) {
  return uint64_t{header.num_conditions} + header.num_sets;
}

/// Rows of a block at most: the masks of all conditions come from the L2 or the L3 cache, and wide
/// ones are whole lines of these.
constexpr uint32_t sliced_rows(const SlicedHeader& header) {
  constexpr uint64_t kMaskBytes = uint64_t{4} << 20;
  uint32_t rows = kSliceRows;
  while (rows > kFewestSliceRows && num_condition_masks(header) * rows / 8 > kMaskBytes) rows /= 2;
  return rows;
}

/// Where values of a block are turned (turned_rows.inc), features begin so many rows behind each
/// other: not at a power of two, which would be one place in the L1 cache for many of them.
constexpr uint32_t turned_stride(uint32_t num_rows) { return (num_rows + 15) / 16 * 16 + 16; }
constexpr uint64_t turned_bytes(uint32_t num_rows) {
  return kHasRowForms ? uint64_t{64} * turned_stride(num_rows) : 0;  // devices turn none
}

/// Trees that are split side by side: two where the masks of both leave room in the L1 cache.
constexpr uint32_t trees_at_a_time(const SlicedHeader& header, uint32_t rows) {
  constexpr uint64_t kMaskBytes = uint64_t{16} << 10;
  return kHasRowForms && uint64_t{2} * header.num_masks * rows / 8 <= kMaskBytes ? 2 : 1;
}

/// Byte offsets in the scratch of a block of `rows`, and its length; ranks come first. Values are
/// turned where masks come later.
struct SlicedScratch {
  uint64_t masks, reach, sums, length;
};

constexpr SlicedScratch sliced_scratch(const SlicedHeader& header, uint32_t num_outputs,
                                       uint32_t rows) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  SlicedScratch at{};
  at.masks = padded(uint64_t{2} * header.num_columns * rows);
  const uint64_t mask_bytes = padded(num_condition_masks(header) * rows / 8);
  at.reach = at.masks + (mask_bytes > turned_bytes(rows) ? mask_bytes : turned_bytes(rows));
  at.sums =
      at.reach + padded(uint64_t{trees_at_a_time(header, rows)} * header.num_masks * rows / 8);
  at.length = at.sums + uint64_t{num_outputs} * rows * sizeof(double);
  return at;
}

/// Byte offsets in the scratch of a single row, and its length; ranks come first. Runs are written
/// 32 bytes at a time.
struct BitScratch {
  uint64_t bits, length;
};

constexpr BitScratch bit_scratch(const SlicedHeader& header) {
  BitScratch at{};
  at.bits = (uint64_t{2} * header.num_columns + 63) / 64 * 64;
  at.length = at.bits + (header.num_bits + 7) / 8 + 64;
  return at;
}

struct GivenRanks;  // given_ranks.hpp
struct RankTable;
struct QuickBytes;  // quick_bytes.hpp
struct LeafBytes;   // leaf_bytes.hpp
struct BlockTrees;  // block_trees.hpp

/// The features of one tile and what a forest says about sums.
struct SlicedJob {
  SlicedView view;
  const ForestTree* trees;
  FeatureTile features;
  const double* bases;  // where the sum of each output begins
  uint32_t num_trees;
  uint32_t num_outputs;
  uint32_t leaf_width;          // 1, or num_outputs: leaves are rows of one of these tables
  const double* wide_vectors;   // of double sums
  const float* narrow_vectors;  // of float sums
  bool float_sums;
  bool any_order;                     // no sum is rounded, so that several may be made side by side
  bool round;                         // values are rounded to float32 first
  const GivenRanks* given = nullptr;  // in place of some features; blocks alone take them
#if !defined(MAINSPRING_SMALL)
  const QuickBytes* quick_bytes = nullptr;  // the quick form once more, where it was made
  const LeafBytes* leaf_bytes = nullptr;    // the leaves once more, likewise
  const BlockTrees* block_trees = nullptr;  // and the steps of blocks
#endif
};

/// Of the forest's program; 0 when it has none.
uint64_t sliced_scratch_bytes(const ForestView& forest, uint32_t num_outputs) noexcept;

/// Writes out[row * num_outputs + output]. `scratch` has sliced_scratch_bytes().
void predict_sliced(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept;

/// As predict_sliced(), through the quick form, which is there and has a kernel for this
/// instruction set; needs no scratch.
void predict_quick(const SlicedJob& job, double* out) noexcept;
bool has_quick(const SlicedView& view, IsaLevel level) noexcept;
/// As predict_sliced(), row by row along the bits of conditions, where there are any.
void predict_bits(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept;

/// Blocks for one instruction set.
using PredictSliced = void (*)(const SlicedJob& job, uint8_t* scratch, double* out) noexcept;
PredictSliced sliced_baseline() noexcept;
PredictSliced sliced_avx2() noexcept;    // null where not compiled in
PredictSliced sliced_avx512() noexcept;  // null where not compiled in
/// rank_numbers() of given_ranks.hpp, likewise.
using RankTile = void (*)(const RankTable& table, double* numbers, uint32_t num_rows,
                          uint8_t* below, uint8_t* above) noexcept;
RankTile ranks_baseline() noexcept;
RankTile ranks_avx2() noexcept;    // null where not compiled in
RankTile ranks_avx512() noexcept;  // null where not compiled in
/// Single rows, likewise.
PredictSliced bit_walk_baseline() noexcept;
PredictSliced bit_walk_avx2() noexcept;    // null where not compiled in
PredictSliced bit_walk_avx512() noexcept;  // null where not compiled in
/// The lookups of 16-bit words that the quick form needs are AVX-512's.
using PredictQuick = void (*)(const SlicedJob& job, double* out) noexcept;
PredictQuick quick_avx512() noexcept;       // null where not compiled in
PredictQuick quick_rows_avx512() noexcept;  // the same of several rows side by side

}  // namespace mainspring

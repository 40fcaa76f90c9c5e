// The bit-sliced program of a forest: the trees once more, as masks over a block of rows.
//
// Every distinct condition of the forest is one mask with a bit for each row: set where the row
// goes right. A tree is then an AND and an AND-NOT for each inner node, without a load that depends
// on data and without a branch, for up to 512 rows at once. Conditions compare ranks: rank(x) is
// the number of thresholds of the column that are < x, so that x <= threshold number k is exactly
// rank(x) <= k, in one byte. Each column of ranks comes twice: with missing values below all
// thresholds, and above all of them.
//
// Leaves have codes: going right at a node XORs the node's code onto the path. Bit plane j of all
// rows' codes is the XOR of the masks of those right children whose code has bit j.
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
inline constexpr uint32_t kMaxCells = 4096;  // of a column
/// The rank of every category that no set may hold.
inline constexpr uint32_t kNoSliceCategory = 255;
inline constexpr uint32_t kSliceRows = 512;  // the widest block

/// Behind the arrays of the forest. Then follow, each padded with zeros to a multiple of 64:
/// SlicedColumns, thresholds (f64), cells (u8), SlicedConditions, SlicedTrees, SlicedSteps, planes
/// (u16), leaves (f64), and the arrays of quick.hpp; and nothing else.
struct SlicedHeader {
  uint32_t num_columns;
  uint32_t num_thresholds;
  uint32_t num_cells;
  uint32_t num_conditions;
  uint32_t num_steps;   // inner nodes
  uint32_t num_planes;  // words of the lists of planes
  uint32_t num_leaves;  // entries of the tables of leaves
  uint32_t num_masks;   // the most that a tree's steps write
  uint32_t num_quick_steps;
  uint32_t num_quick_trees;
  uint32_t reserved[6];
};
static_assert(sizeof(SlicedHeader) == 64);

/// One column of ranks. Its thresholds ascend and are followed by kMaxCompares infinities. A value
/// x lies in cell (x - low) * scale, cut to [0, num_cells - 1] and to an integer; the cell's byte
/// is the number of thresholds in cells before it, and at most num_compares lie in any cell.
struct SlicedColumn {
  uint32_t feature;
  uint32_t treatment;  // ForestTreatment: kNanIsZero, kNanRight, kZeroRight, or of categories
  uint32_t first_threshold;
  uint32_t num_thresholds;  // 0 for categories
  uint32_t first_cell;
  uint32_t num_cells;  // 0: search among the thresholds instead
  uint32_t num_compares;
  uint32_t reserved;
  double low;
  double scale;
};
static_assert(sizeof(SlicedColumn) == 48);

/// Right where the rank is > `rank`; of categories, where it is not in the set.
struct SlicedCondition {
  uint32_t column;  // 2 * column; + 1: missing values are above all thresholds
  uint32_t rank;    // categories: first set word << 4 | number of words, at most 8
};
static_assert(sizeof(SlicedCondition) == 8);

struct SlicedTree {
  uint32_t first_step;
  uint32_t num_steps;
  uint32_t first_plane;  // of its lists: for each plane a number of masks, then these masks
  uint32_t num_planes;
  uint32_t first_leaf;  // of 1 << num_planes
  uint32_t output;
};
static_assert(sizeof(SlicedTree) == 24);

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
};

/// Byte offsets of the arrays from the start of the program, and its length.
struct SlicedLayout {
  uint64_t columns, thresholds, cells, conditions, trees, steps, planes, leaves, length;
  QuickLayout quick;
};

/// Cannot overflow: counts are 32 bits wide, and num_quick_steps is below kQuickLeaves.
constexpr SlicedLayout sliced_layout(const SlicedHeader& header, uint32_t num_trees) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  SlicedLayout at{};
  at.columns = sizeof(SlicedHeader);
  at.thresholds = at.columns + padded(uint64_t{header.num_columns} * sizeof(SlicedColumn));
  at.cells = at.thresholds + padded(uint64_t{header.num_thresholds} * sizeof(double));
  at.conditions = at.cells + padded(header.num_cells);
  at.trees = at.conditions + padded(uint64_t{header.num_conditions} * sizeof(SlicedCondition));
  at.steps = at.trees + padded(uint64_t{num_trees} * sizeof(SlicedTree));
  at.planes = at.steps + padded(uint64_t{header.num_steps} * sizeof(SlicedStep));
  at.leaves = at.planes + padded(uint64_t{header.num_planes} * sizeof(uint16_t));
  const uint64_t end = at.leaves + padded(uint64_t{header.num_leaves} * sizeof(double));
  at.quick = quick_layout(end, header.num_quick_steps, header.num_quick_trees);
  at.length = at.quick.end;
  return at;
}

SlicedView view_sliced(const uint8_t* program, uint32_t num_trees) noexcept;

/// Trusts nothing in the program: afterwards no kernel leaves its arrays. That its numbers are
/// those of the trees is the writer's work. The index of a bad status is the byte offset in the
/// program.
Status verify_sliced(const uint8_t* program, uint64_t length, const ForestView& forest,
                     uint32_t num_features, uint32_t num_outputs) noexcept;

/// Rows of a block at most, so that the masks of all conditions stay in the L2 cache or near it.
constexpr uint32_t sliced_rows(const SlicedHeader& header) {
  constexpr uint64_t kMaskBytes = uint64_t{2} << 20;
  uint32_t rows = kSliceRows;
  while (rows > 64 && uint64_t{header.num_conditions} * rows / 8 > kMaskBytes) rows /= 2;
  return rows;
}

/// Byte offsets in the scratch of a block of `rows`, and its length; ranks come first.
struct SlicedScratch {
  uint64_t masks, reach, sums, length;
};

constexpr SlicedScratch sliced_scratch(const SlicedHeader& header, uint32_t num_outputs,
                                       uint32_t rows) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  SlicedScratch at{};
  at.masks = padded(uint64_t{2} * header.num_columns * rows);
  at.reach = at.masks + padded(uint64_t{header.num_conditions} * rows / 8);
  at.sums = at.reach + padded(uint64_t{header.num_masks} * rows / 8);
  at.length = at.sums + uint64_t{num_outputs} * rows * sizeof(double);
  return at;
}

/// The features of one tile and what a forest says about sums.
struct SlicedJob {
  SlicedView view;
  const uint32_t* set_words;
  FeatureTile features;
  const double* bases;  // where the sum of each output begins
  uint32_t num_trees;
  uint32_t num_outputs;
  bool float_sums;
  bool round;  // values are rounded to float32 first
};

/// Fewer rows than this are scored one by one or walked down the trees: a block of 64 costs the
/// same for one row.
inline constexpr uint32_t kFewestSlicedRows = 24;
/// Where there is the quick form, a block pays from here on.
inline constexpr uint32_t kFewestRowsBeyondQuick = 32;

/// Of the forest's program; 0 when it has none.
uint64_t sliced_scratch_bytes(const ForestView& forest, uint32_t num_outputs) noexcept;

/// Whether this library was built with the kernels below: small ones are not, and walk.
bool has_block_kernels() noexcept;
/// Writes out[row * num_outputs + output]. `scratch` has sliced_scratch_bytes().
void predict_sliced(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept;

/// Whether a tile of so many rows goes row by row through the quick form: there is one, and a
/// kernel for it in this instruction set.
bool is_quick(const SlicedView& view, uint32_t num_rows, IsaLevel level) noexcept;
/// As predict_sliced(), where is_quick(); needs no scratch.
void predict_quick(const SlicedJob& job, double* out) noexcept;

/// Blocks for one instruction set.
using PredictSliced = void (*)(const SlicedJob& job, uint8_t* scratch, double* out) noexcept;
PredictSliced sliced_baseline() noexcept;
PredictSliced sliced_avx2() noexcept;    // null where not compiled in
PredictSliced sliced_avx512() noexcept;  // null where not compiled in
/// Single rows, likewise. The lookups of 16-bit words that it needs are AVX-512's.
using PredictQuick = void (*)(const SlicedJob& job, double* out) noexcept;
PredictQuick quick_avx512() noexcept;  // null where not compiled in

}  // namespace mainspring

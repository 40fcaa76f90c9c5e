// A forest's trees once more, three levels to a step, for trees that have no bit-sliced program:
// those of random forests are too large. It is made of the nodes when a bundle is opened
// (host/value_clusters.hpp) and lies in none. Single rows go down it, and where bytes are looked up
// in registers (VBMI) many rows together.
//
// The row's values are in registers, as float32, which is what they were rounded to. A cluster is
// one cache line: permutes find the values that seven nodes look at, a comparison says which of
// them send the row right, and a table says where the row leaves.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Columns at most: the values of a row stay in registers.
inline constexpr uint32_t kMaxClusterColumns = 64;
inline constexpr uint32_t kValueClusterNodes = 7;
inline constexpr uint32_t kValueClusterExits = 8;
/// Of an exit: there is a leaf, and the rest is its number. Else the number of a cluster.
inline constexpr uint32_t kValueLeaf = 1u << 23;

/// Nodes level by level: from node k left and right are 2 * k + 1 and 2 * k + 2. Where the tree
/// ends earlier all exits behind a node are the same. The last threshold and column are of none.
struct alignas(64) ValueCluster {
  float thresholds[kValueClusterNodes + 1];  // left where the value is not above it
  uint8_t columns[kValueClusterNodes + 1];
  uint8_t high_exits[kValueClusterExits];  // bits 16 to 23
  uint16_t low_exits[kValueClusterExits];
};
static_assert(sizeof(ValueCluster) == 64);

struct ValueForest {
  const ValueCluster* clusters;
  // Of each tree, filled up to a multiple of eight trees: an exit, to its first cluster or its only
  // leaf.
  const uint32_t* firsts;
  const double* leaves;  // numbers; with leaf vectors none, a leaf's number is the vector's
  // Of each slot. Slots of one feature are one column: they differ by what they make of a missing
  // value alone.
  const uint8_t* columns;
  uint32_t num_columns;
  // Clusters that a row goes through in a tree, as in ClusterForest.
  uint32_t even_turns, num_turns;
  bool looks_up_bytes;  // the CPU permutes bytes in registers (VBMI), and eight trees go side by
                        // side
};

/// Adds the leaves of one row, whose values lie kChains apart behind the one that leaves read
/// (slot_values.hpp), to the sums at `out`. False, and nothing was added, where the slots of a
/// feature have different values.
using WalkValues = bool (*)(const ForestView& view, const ValueForest& forest, const double* values,
                            double* out) noexcept;
WalkValues value_walk_avx512() noexcept;  // null where not compiled in

/// The columns of a row: the first byte of each float32, the second, ...
struct RowPlanes {
  alignas(64) uint8_t bytes[4][kMaxClusterColumns];
};

/// Rows that go through the trees together, and what is known of each in eight trees: to be filled
/// and walked by ValueRowsWalk.
inline constexpr uint32_t kValueRows = 512;
struct ValueRows {
  RowPlanes planes[kValueRows];
  alignas(64) uint32_t places[kValueRows][8], exits[kValueRows][8];
  uint64_t right[kValueRows];
  uint16_t going[kValueRows];
};

/// As WalkValues, for rows at a time. Wants ValueForest::looks_up_bytes. Null where not compiled
/// in.
struct ValueRowsWalk {
  /// Fills the planes of one row; false where the slots of a feature have different values.
  bool (*fill)(const ForestView& view, const ValueForest& forest, const double* values,
               RowPlanes& planes) noexcept;
  /// Adds the leaves of rows whose planes are filled, at most kValueRows, to out[row][output].
  void (*walk)(const ForestView& view, const ValueForest& forest, ValueRows& rows,
               uint32_t num_rows, uint32_t num_outputs, double* out) noexcept;
};
ValueRowsWalk value_rows_avx512() noexcept;

}  // namespace mainspring

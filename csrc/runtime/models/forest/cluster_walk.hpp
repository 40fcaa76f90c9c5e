// A forest's trees once more, three levels to a step, for single rows where bytes can be looked up
// in registers. It is made of the bit-sliced program when a bundle is opened (host/
// cluster_forest.hpp) and lies in none.
//
// The ranks of a row's columns are in registers. A cluster names the conditions of seven nodes: a
// permute finds what they look at, a comparison says which of them send the row right, and a table
// of 128 bytes says where the row leaves. The first clusters of eight trees are one register.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

/// Rows of ranks at most: two for each column.
inline constexpr uint32_t kMaxClusterRows = 256;
inline constexpr uint32_t kClusterNodes = 7;
inline constexpr uint32_t kClusterExits = 8;
/// Of an exit: there is a leaf, and the rest is its code. Else how many clusters further the next
/// one is; from the first cluster, of those of the tree.
inline constexpr uint32_t kClusterLeaf = 1u << 15;

/// Nodes level by level: from node k left and right are 2 * k + 1 and 2 * k + 2. Where the tree
/// ends earlier nodes send no row right, and all exits behind them are the same.
/// Of each node SlicedCondition::column, or its rank: 255 where no row goes right. The last byte is
/// of none.
struct ClusterNodes {
  uint8_t bytes[8];
};
struct ClusterWays {
  uint16_t exits[kClusterExits];
};
struct alignas(32) Cluster {
  ClusterNodes rows, ranks;
  ClusterWays ways;
};
static_assert(sizeof(Cluster) == 32);

struct ClusterForest {
  // Of each tree, filled up to a multiple of eight trees: the first cluster.
  const ClusterNodes* top_rows;
  const ClusterNodes* top_ranks;
  const ClusterWays* top_ways;   // of eight trees those with even numbers first
  const uint32_t* firsts;        // where the others begin, in bytes
  const uint32_t* first_leaves;  // SlicedTree::first_leaf
  const Cluster* clusters;
  // Clusters that a row goes through in a tree: as many are worth while in all trees, without a
  // look at which have ended; and the most.
  uint32_t even_turns, num_turns;
};

/// As predict_sliced(), row by row.
using PredictClusters = void (*)(const SlicedJob& job, const ClusterForest& forest,
                                 double* out) noexcept;
PredictClusters cluster_walk_avx512() noexcept;  // null where not compiled in; wants VBMI

}  // namespace mainspring

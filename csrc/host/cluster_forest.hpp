// Clusters of three levels, made of the bit-sliced program of a forest (runtime/models/forest/
// cluster_walk.hpp).
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/cluster_walk.hpp"

namespace mainspring {

/// The memory of a ClusterForest. Immutable, shared by threads.
struct OwnedClusters {
  std::vector<ClusterNodes> top_rows, top_ranks;
  std::vector<ClusterWays> top_ways;
  std::vector<uint32_t> firsts, first_leaves;
  std::vector<Cluster> clusters;
  ClusterForest forest{};  // of these
};

/// Null where the bundle's forest has no bits of single rows, where it tests categories or has
/// too many columns, where its program is not that of its trees, and where this process has no
/// kernel for clusters.
std::shared_ptr<const OwnedClusters> make_clusters(const BundleView& bundle);

}  // namespace mainspring

// Forms of a forest that lie in no bundle: made when one is opened, for the kernels
// of this process.
#pragma once
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"

namespace mainspring {

struct LeafBytes;           // runtime/models/forest/leaf_bytes.hpp
struct OwnedBlockTrees;     // host/block_trees.hpp
struct OwnedClusters;       // host/cluster_forest.hpp
struct OwnedQuickBytes;     // host/quick_bytes.hpp
struct OwnedValueClusters;  // host/value_clusters.hpp

/// Null where there are none.
struct MadeForms {
  std::shared_ptr<const OwnedClusters> clusters;
  std::shared_ptr<const OwnedQuickBytes> quick_bytes;
  std::shared_ptr<const OwnedValueClusters> value_clusters;
  std::shared_ptr<const std::vector<LeafBytes>> leaf_bytes;
  std::shared_ptr<const OwnedBlockTrees> block_trees;
};

/// What the bundle's model, if it is a forest, has kernels for; the model points to it then.
MadeForms make_forms(BundleView* bundle);

/// Whether 64 bytes can be looked up in registers: with AVX-512, where the CPU has VBMI.
bool looks_up_bytes();

}  // namespace mainspring

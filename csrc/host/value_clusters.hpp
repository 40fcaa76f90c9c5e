// Clusters of three levels whose nodes compare values, made of the nodes of a forest (runtime/
// models/forest/value_walk.hpp).
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/value_walk.hpp"

namespace mainspring {

/// The memory of a ValueForest. Immutable, shared by threads.
struct OwnedValueClusters {
  std::vector<ValueCluster> clusters;
  std::vector<uint32_t> firsts;
  std::vector<double> leaves;
  std::vector<uint8_t> columns;
  ValueForest forest{};  // of these
};

/// Null where the bundle's forest has a program, where its values are no float32, where it
/// tests categories, has too many features or nodes or some with two parents, and where this
/// process has no kernel for clusters.
std::shared_ptr<const OwnedValueClusters> make_value_clusters(const BundleView& bundle);

}  // namespace mainspring

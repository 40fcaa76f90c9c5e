// Leaves in bytes (runtime/models/forest/leaf_bytes.hpp), made of the tables in a bundle.
#pragma once
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/leaf_bytes.hpp"

namespace mainspring {

/// Immutable, shared by threads. As long as all tables of the program, of which it takes up some.
using OwnedLeafBytes = std::vector<LeafBytes>;

/// Null where no tree of the bundle's forest has as many leaves, where sums are no doubles, and
/// where this process has no kernel for bytes.
std::shared_ptr<const OwnedLeafBytes> make_leaf_bytes(const BundleView& bundle);

}  // namespace mainspring

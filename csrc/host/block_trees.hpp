// Trees for blocks of rows (runtime/models/forest/block_trees.hpp), made of those in a bundle.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/block_trees.hpp"

namespace mainspring {

/// The memory of a BlockTrees. Immutable, shared by threads.
struct OwnedBlockTrees {
  std::vector<BlockTree> trees;
  std::vector<BlockStep> steps;
  std::vector<uint16_t> planes;
  std::vector<BlockEnd> ends;
  BlockTrees view{};  // of these
};

/// Null where the bundle's forest has no program, where all of its trees are symmetric, and where
/// its steps are not those of trees, which nobody has checked.
std::shared_ptr<const OwnedBlockTrees> make_block_trees(const BundleView& bundle);

}  // namespace mainspring

// Trees made complete and put in groups of 32, groups in tiles whose conditions a warp can hold,
// and each node the number of its condition in its tile.
#include "compile_slices.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mainspring::gpu {

namespace {

using Asked = std::pair<uint16_t, uint16_t>;  // slot and rank: what a node asks
constexpr Asked kAnything{kLeaf, 0};          // of nodes that no row comes to, or below a leaf

bool is_leaf(const DeviceNode& node) { return node.slot == kLeaf; }
uint32_t number_in_level(uint32_t level, uint32_t number) { return (1u << level) - 1 + number; }

uint32_t depth_of(const CompiledForest& forest, uint32_t at) {
  // Children stand behind their parents, so that this ends; trees too deep are not followed
  // further.
  std::vector<std::pair<uint32_t, uint32_t>> open{{at, 0}};
  uint32_t deepest = 0;
  while (!open.empty() && deepest <= kMaxSymmetricDepth) {
    const auto [node, level] = open.back();
    open.pop_back();
    deepest = std::max(deepest, level);
    if (is_leaf(forest.nodes[node])) continue;
    open.push_back({forest.nodes[node].left, level + 1});
    open.push_back({forest.nodes[node].left + 1, level + 1});
  }
  return deepest;
}

/// A tree made complete: what its nodes ask, level by level, and its leaves.
struct CompleteTree {
  std::vector<Asked> nodes;
  std::vector<double> leaves;
};

void complete(const CompiledForest& forest, uint32_t at, uint32_t level, uint32_t number,
              uint32_t depth, CompleteTree* tree) {
  const DeviceNode& node = forest.nodes[at];
  if (is_leaf(node)) {
    const uint32_t below = depth - level;
    std::fill_n(tree->leaves.begin() + (number << below), 1u << below, forest.leaves[at]);
    return;
  }
  tree->nodes[number_in_level(level, number)] = {node.slot, node.rank};
  complete(forest, node.left, level + 1, 2 * number, depth, tree);
  complete(forest, node.left + 1, level + 1, 2 * number + 1, depth, tree);
}

CompleteTree complete_tree(const CompiledForest& forest, uint32_t root, uint32_t depth) {
  CompleteTree tree{std::vector<Asked>((1u << depth) - 1, kAnything),
                    std::vector<double>(1u << depth)};
  complete(forest, root, 0, 0, depth, &tree);
  return tree;
}

/// Whether all nodes of each level ask the same.
bool is_symmetric(const CompleteTree& tree, uint32_t depth) {
  for (uint32_t level = 0; level < depth; ++level) {
    const auto first = tree.nodes.begin() + number_in_level(level, 0);
    const auto differs = [&](const Asked& one) { return one != *first; };
    if (std::any_of(first, first + (1u << level), differs)) return false;
  }
  return true;
}

/// A node for each level, which all of them are like.
void keep_levels(CompleteTree* tree, uint32_t depth) {
  for (uint32_t level = 0; level < depth; ++level) {
    tree->nodes[level] = tree->nodes[number_in_level(level, 0)];
  }
  tree->nodes.resize(depth);
}

using Trees = std::vector<CompleteTree>;

class SliceCompiler {
 public:
  SliceCompiler(const Trees& trees, CompiledSlices* slices) : trees_(trees), slices_(slices) {}

  void compile() {
    const auto num_groups = static_cast<uint32_t>((trees_.size() + kWarpRows - 1) / kWarpRows);
    for (uint32_t group = 0; group < num_groups; ++group) {
      std::vector<Asked> together, own = asked_by(group);
      std::set_union(asked_.begin(), asked_.end(), own.begin(), own.end(),
                     std::back_inserter(together));
      if (together.size() > kTileConditions) {
        end_tile(group);
        together = std::move(own);
      }
      asked_ = std::move(together);
    }
    end_tile(num_groups);
    for (const CompleteTree& tree : trees_) {
      slices_->leaves.insert(slices_->leaves.end(), tree.leaves.begin(), tree.leaves.end());
    }
  }

 private:
  std::vector<Asked> asked_by(uint32_t group) const {
    std::vector<Asked> asked;
    for (uint32_t lane = 0; lane < kWarpRows; ++lane) {
      if (group * kWarpRows + lane >= trees_.size()) break;
      for (const Asked& one : trees_[group * kWarpRows + lane].nodes) {
        if (one != kAnything) asked.push_back(one);
      }
    }
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    return asked;
  }

  void end_tile(uint32_t end_group) {
    if (asked_.empty()) asked_.push_back({0, 0});  // trees of one leaf each: anything will do
    const uint32_t first_group = slices_->tiles.empty() ? 0 : slices_->tiles.back().end_group;
    slices_->tiles.push_back({static_cast<uint32_t>(slices_->conditions.size()),
                              static_cast<uint32_t>(asked_.size()), first_group, end_group});
    for (const auto& [slot, rank] : asked_) slices_->conditions.push_back({slot, rank});
    for (uint32_t group = first_group; group < end_group; ++group) {
      for (uint32_t node = 0; node < slices_->num_nodes; ++node) {
        for (uint32_t lane = 0; lane < kWarpRows; ++lane) {
          slices_->places.push_back(place_of(group * kWarpRows + lane, node));
        }
      }
    }
    asked_.clear();
  }

  uint16_t place_of(uint32_t tree, uint32_t node) const {
    if (tree >= trees_.size() || trees_[tree].nodes[node] == kAnything) return 0;
    const auto found = std::lower_bound(asked_.begin(), asked_.end(), trees_[tree].nodes[node]);
    return static_cast<uint16_t>(found - asked_.begin());
  }

  const Trees& trees_;
  CompiledSlices* slices_;
  std::vector<Asked> asked_;  // by the tile that is open, in order
};

}  // namespace

std::optional<CompiledSlices> compile_slices(const CompiledForest& forest) {
  CompiledSlices slices;
  slices.depth = 1;
  for (const DeviceTree& tree : forest.trees) {
    slices.depth = std::max(slices.depth, depth_of(forest, tree.root));
    if (slices.depth > kMaxSymmetricDepth) return std::nullopt;
  }
  if (forest.slots.empty() || forest.trees.empty()) return std::nullopt;
  Trees trees;
  for (const DeviceTree& tree : forest.trees) {
    trees.push_back(complete_tree(forest, tree.root, slices.depth));
  }
  slices.is_symmetric = std::all_of(trees.begin(), trees.end(), [&](const CompleteTree& tree) {
    return is_symmetric(tree, slices.depth);
  });
  if (!slices.is_symmetric && slices.depth > kMaxSliceDepth) return std::nullopt;
  for (CompleteTree& tree : trees) {
    if (slices.is_symmetric) keep_levels(&tree, slices.depth);
  }
  slices.num_nodes = slices.is_symmetric ? slices.depth : (1u << slices.depth) - 1;
  SliceCompiler(trees, &slices).compile();
  return slices;
}

bool slices_pay(const CompiledSlices& slices, uint32_t num_trees) {
  // By depth: distinct conditions of 32 trees at most. Not measured on any card, but counted in
  // instructions of a warp for 32 rows and 32 trees: a walk takes 8 for each level and 3 for the
  // leaf; a condition 3.5; a node of a sliced tree 7, a level's plane 8; a leaf 2 for each level
  // and 5. Symmetric trees of any depth come out ahead.
  constexpr uint32_t kMostConditions[kMaxSliceDepth + 1] = {0, 32, 80, 125, 162, 182, 171};
  if (slices.is_symmetric) return true;
  return uint64_t{slices.conditions.size()} * kWarpRows <=
         uint64_t{kMostConditions[slices.depth]} * num_trees;
}

}  // namespace mainspring::gpu

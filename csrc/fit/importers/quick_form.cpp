// Masks of the leaves that stay, for each step and tree.
#include "fit/importers/quick_form.hpp"

#include <algorithm>
#include <limits>

namespace mainspring {

namespace {

class QuickTree {
 public:
  QuickTree(const ForestView& forest, std::span<const SlicedCondition> conditions, uint32_t tree,
            QuickForm& form)
      : forest_(forest), conditions_(conditions), tree_(tree), form_(form) {}

  /// Returns the bits of the leaves below the node. A tree has at most 31 levels.
  uint32_t add_node(uint32_t number) {
    const ForestNode& node = forest_.nodes[number];
    if (node.value == 0) {
      form_.leaves[size_t{tree_} * kQuickLeaves + next_leaf_] = node.leaf;
      return uint32_t{1} << next_leaf_++;
    }
    const size_t at = size_t{next_step_++} * form_.num_trees + tree_;
    const uint32_t left = add_node(node.left);
    const uint32_t right = add_node(node.left + 1);
    form_.rows[at] = static_cast<uint16_t>(conditions_[number].column);
    form_.ranks[at] = static_cast<uint16_t>(conditions_[number].rank);
    form_.masks[at] = ~left;
    return left | right;
  }

 private:
  const ForestView& forest_;
  std::span<const SlicedCondition> conditions_;
  uint32_t tree_;
  QuickForm& form_;
  uint32_t next_step_ = 0, next_leaf_ = 0;
};

}  // namespace

QuickForm make_quick_form(const ForestView& forest, std::span<const SlicedCondition> conditions) {
  uint32_t most_steps = 0;
  for (uint32_t i = 0; i < forest.header->num_trees; ++i) {
    most_steps = std::max(most_steps, forest.trees[i].num_nodes / 2);
  }
  QuickForm form;
  if (most_steps >= kQuickLeaves) return form;
  form.num_steps = most_steps;
  form.num_trees = (forest.header->num_trees + kQuickTrees - 1) / kQuickTrees * kQuickTrees;
  const size_t count = size_t{form.num_steps} * form.num_trees;
  form.rows.assign(count, 0);
  form.ranks.assign(count, std::numeric_limits<uint16_t>::max());
  form.masks.assign(count, ~uint32_t{0});
  form.leaves.assign(size_t{form.num_trees} * kQuickLeaves, 0.0);
  for (uint32_t tree = 0; tree < forest.header->num_trees; ++tree) {
    QuickTree(forest, conditions, tree, form).add_node(forest.trees[tree].first_node);
  }
  return form;
}

}  // namespace mainspring

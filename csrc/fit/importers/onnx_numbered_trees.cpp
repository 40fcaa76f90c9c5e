// The TreeEnsemble of ai.onnx.ml, operator set 5: nodes and leaves in lists, named by their places.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "fit/importers/onnx_trees.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

/// The lists of a TreeEnsemble.
struct OnnxTrees::Numbered {
  const std::vector<int64_t>&features, &yes, &no, &yes_is_leaf, &no_is_leaf, &missing;
  const std::vector<int64_t>& modes;
  const std::vector<double>& splits;
  std::vector<std::vector<double>> members;  // of the node, if it tests membership
};

const OnnxTensor& OnnxTrees::tensor_of(const char* name, bool is_needed) const {
  static const OnnxTensor kNone;
  const OnnxAttribute* found = graph_.find(node_, name);
  if (found == nullptr && is_needed) contradicts(quoted(name) + " is missing.");
  return found == nullptr ? kNone : found->tensor;
}

void OnnxTrees::read_numbered() {
  graph_.refuse_others(
      node_, {"aggregate_function", "leaf_targetids", "leaf_weights", "membership_values",
              "n_targets", "nodes_falseleafs", "nodes_falsenodeids", "nodes_featureids",
              "nodes_hitrates", "nodes_missing_value_tracks_true", "nodes_modes", "nodes_splits",
              "nodes_trueleafs", "nodes_truenodeids", "post_transform", "tree_roots"});
  set_outputs(graph_.integer(node_, "n_targets", 1));
  Numbered lists{graph_.integers(node_, "nodes_featureids"),
                 graph_.integers(node_, "nodes_truenodeids"),
                 graph_.integers(node_, "nodes_falsenodeids"),
                 graph_.integers(node_, "nodes_trueleafs"),
                 graph_.integers(node_, "nodes_falseleafs"),
                 graph_.integers(node_, "nodes_missing_value_tracks_true"),
                 tensor_of("nodes_modes", true).integers,
                 tensor_of("nodes_splits", true).numbers,
                 {}};
  const size_t count = lists.features.size();
  if (lists.yes.size() != count || lists.no.size() != count || lists.yes_is_leaf.size() != count ||
      lists.no_is_leaf.size() != count || lists.modes.size() != count ||
      lists.splits.size() != count || count == 0 ||
      (!lists.missing.empty() && lists.missing.size() != count) || count >= kMaxOnnxNodes) {
    contradicts("its lists of nodes are not of one length.");
  }
  // Sets end with a NaN, and stand in the order of the nodes that test them.
  lists.members.resize(count);
  const std::vector<double>& members = tensor_of("membership_values", false).numbers;
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    if (lists.modes[i] < 0 || lists.modes[i] > 6) {
      refuse("the mode " + std::to_string(lists.modes[i]) + " is not known.");
    }
    if (lists.modes[i] != 6) continue;
    while (at < members.size() && !std::isnan(members[at])) {
      lists.members[i].push_back(members[at++]);
    }
    if (at++ >= members.size()) contradicts("membership_values end before the last set does.");
  }
  const std::vector<int64_t>& targets = graph_.integers(node_, "leaf_targetids");
  const std::vector<double>& values = tensor_of("leaf_weights", true).numbers;
  if (targets.size() != values.size() || targets.empty()) {
    contradicts("its lists of leaves are not of one length.");
  }
  for (size_t i = 0; i < targets.size(); ++i) weights_.push_back({i, targets[i], values[i]});
  check_weights(&weights_);
  std::vector<bool> visited(count, false);
  std::vector<std::vector<uint64_t>> leaf_numbers;
  const std::vector<int64_t>& roots = graph_.integers(node_, "tree_roots");
  for (const int64_t root : roots) {
    leaf_numbers.emplace_back();
    add_numbered_tree(lists, root, targets.size(), &visited, &leaf_numbers.back());
  }
  if (roots.empty() || std::find(visited.begin(), visited.end(), false) != visited.end()) {
    contradicts("a node belongs to no tree.");
  }
  add_leaves(leaf_numbers);
  const int64_t aggregate = graph_.integer(node_, "aggregate_function", 1);
  const int64_t transform = graph_.integer(node_, "post_transform", 0);
  constexpr const char* kAggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  constexpr const char* kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  if (aggregate < 0 || aggregate > 3 || transform < 0 || transform > 4) {
    refuse("aggregate_function or post_transform is not known.");
  }
  set_aggregate(kAggregates[aggregate], roots.size(), false);
  set_link(kTransforms[transform]);
}

void OnnxTrees::add_numbered_tree(const Numbered& lists, int64_t root, size_t num_leaves,
                                  std::vector<bool>* visited, std::vector<uint64_t>* leaf_numbers) {
  SourceTree tree;
  // Of each node of the tree: its number in the lists, and whether it is a leaf.
  std::vector<std::pair<int64_t, bool>> sources{{root, false}};
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto [number, is_leaf] = sources[i];
    const size_t limit = is_leaf ? num_leaves : lists.features.size();
    if (number < 0 || static_cast<uint64_t>(number) >= limit) {
      contradicts("it names " + std::string(is_leaf ? "leaf " : "node ") + std::to_string(number) +
                  " of " + std::to_string(limit) + ".");
    }
    const auto at = static_cast<size_t>(number);
    SourceNode node;
    node.id = static_cast<uint32_t>(at);
    leaf_numbers->push_back(at);
    node.is_leaf = is_leaf;
    if (!is_leaf) {
      if ((*visited)[at]) contradicts("node " + std::to_string(at) + " has two parents.");
      (*visited)[at] = true;
      node.left = static_cast<uint32_t>(sources.size());
      node.right = node.left + 1;
      sources.emplace_back(lists.yes[at], lists.yes_is_leaf[at] != 0);
      sources.emplace_back(lists.no[at], lists.no_is_leaf[at] != 0);
      const bool missing_is_true = !lists.missing.empty() && lists.missing[at] == 1;
      const auto mode = static_cast<OnnxTest>(lists.modes[at]);
      set_test(mode == OnnxTest::kMember ? OnnxTest::kLeq : mode,
               mode == OnnxTest::kMember ? 0 : lists.splits[at], missing_is_true,
               lists.features[at], &node);
      if (mode == OnnxTest::kMember) set_categories(lists.members[at], missing_is_true, &node);
    }
    tree.nodes.push_back(node);
  }
  check_tree(tree);
  forest_.trees.push_back(std::move(tree));
}

}  // namespace mainspring

// TreeEnsembleRegressor and TreeEnsembleClassifier of ai.onnx.ml: nodes with a number of their tree
// and one of their own.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "fit/importers/onnx_trees.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

constexpr const char* kModeNames[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                      "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
/// Of a node: its tree, and its number there.
using Id = std::pair<int64_t, int64_t>;

}  // namespace

/// Trees, and weights of leaves by the numbers of their nodes. `prefix`: target or class.
void OnnxTrees::read_named(const std::string& prefix) {
  const std::vector<int64_t>& trees = graph_.integers(node_, "nodes_treeids");
  const std::vector<int64_t>& ids = graph_.integers(node_, "nodes_nodeids");
  const std::vector<int64_t>& features = graph_.integers(node_, "nodes_featureids");
  const std::vector<int64_t>& yes = graph_.integers(node_, "nodes_truenodeids");
  const std::vector<int64_t>& no = graph_.integers(node_, "nodes_falsenodeids");
  const std::vector<int64_t>& missing = graph_.integers(node_, "nodes_missing_value_tracks_true");
  const std::vector<std::string>& modes = graph_.texts(node_, "nodes_modes");
  const std::vector<double> values = graph_.numbers(node_, "nodes_values");
  const size_t count = trees.size();
  if (ids.size() != count || features.size() != count || yes.size() != count ||
      no.size() != count || modes.size() != count || values.size() != count ||
      (!missing.empty() && missing.size() != count) || count == 0 || count >= kMaxOnnxNodes) {
    contradicts("its lists of nodes are not of one length.");
  }
  std::vector<std::pair<Id, uint32_t>> numbers;
  for (size_t i = 0; i < count; ++i) {
    numbers.push_back({{trees[i], ids[i]}, static_cast<uint32_t>(i)});
  }
  std::sort(numbers.begin(), numbers.end());
  const auto number_of = [&](int64_t tree, int64_t id) {
    const auto found =
        std::lower_bound(numbers.begin(), numbers.end(), std::pair(Id{tree, id}, uint32_t{0}));
    if (found == numbers.end() || found->first != Id{tree, id}) {
      contradicts("tree " + std::to_string(tree) + " has no node " + std::to_string(id) + ".");
    }
    return found->second;
  };
  for (size_t i = 1; i < count; ++i) {
    if (numbers[i].first == numbers[i - 1].first) {
      contradicts("node " + std::to_string(numbers[i].first.second) + " of tree " +
                  std::to_string(numbers[i].first.first) + " is there twice.");
    }
  }
  std::vector<std::vector<uint64_t>> leaf_numbers;
  std::set<int64_t> seen;
  std::vector<bool> is_leaf(count, false);
  for (size_t first = 0; first < count;) {
    size_t last = first;
    while (last < count && trees[last] == trees[first]) ++last;
    if (!seen.insert(trees[first]).second) {
      contradicts("the nodes of tree " + std::to_string(trees[first]) + " are not together.");
    }
    SourceTree tree;
    leaf_numbers.emplace_back();
    for (size_t i = first; i < last; ++i) {
      SourceNode node;
      node.id = static_cast<uint32_t>(ids[i]);
      leaf_numbers.back().push_back(i);
      if (modes[i] == "LEAF") {
        node.is_leaf = is_leaf[i] = true;
      } else {
        const auto* mode = std::find(std::begin(kModeNames), std::end(kModeNames), modes[i]);
        if (mode == std::end(kModeNames)) refuse("the mode " + quoted(modes[i]) + " is not known.");
        node.left = static_cast<uint32_t>(number_of(trees[i], yes[i]) - first);
        node.right = static_cast<uint32_t>(number_of(trees[i], no[i]) - first);
        const bool missing_is_true = !missing.empty() && missing[i] == 1;
        set_test(static_cast<OnnxTest>(mode - std::begin(kModeNames)), values[i], missing_is_true,
                 features[i], &node);
      }
      tree.nodes.push_back(node);
    }
    check_tree(tree);
    forest_.trees.push_back(std::move(tree));
    first = last;
  }
  const std::vector<int64_t>& targets = graph_.integers(node_, prefix + "_ids");
  const std::vector<int64_t>& node_ids = graph_.integers(node_, prefix + "_nodeids");
  const std::vector<int64_t>& tree_ids = graph_.integers(node_, prefix + "_treeids");
  const std::vector<double> numbers_added = graph_.numbers(node_, prefix + "_weights");
  if (node_ids.size() != targets.size() || tree_ids.size() != targets.size() ||
      numbers_added.size() != targets.size()) {
    contradicts("its lists of weights are not of one length.");
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const uint32_t number = number_of(tree_ids[i], node_ids[i]);
    if (!is_leaf[number]) contradicts("a node that is no leaf has a weight.");
    weights_.push_back({number, targets[i], numbers_added[i]});
  }
  check_weights(&weights_);
  add_leaves(leaf_numbers);
}

void OnnxTrees::read_regressor() {
  graph_.refuse_others(node_, {"aggregate_function",
                               "base_values",
                               "base_values_as_tensor",
                               "n_targets",
                               "nodes_falsenodeids",
                               "nodes_featureids",
                               "nodes_hitrates",
                               "nodes_hitrates_as_tensor",
                               "nodes_missing_value_tracks_true",
                               "nodes_modes",
                               "nodes_nodeids",
                               "nodes_treeids",
                               "nodes_truenodeids",
                               "nodes_values",
                               "nodes_values_as_tensor",
                               "post_transform",
                               "target_ids",
                               "target_nodeids",
                               "target_treeids",
                               "target_weights",
                               "target_weights_as_tensor"});
  set_outputs(graph_.integer(node_, "n_targets", 1));
  read_named("target");
  const std::vector<double> bases = graph_.numbers(node_, "base_values");
  if (!bases.empty() && bases.size() != forest_.num_outputs) {
    refuse("it has " + std::to_string(bases.size()) + " base values for " +
           std::to_string(forest_.num_outputs) + " targets.");
  }
  set_aggregate(graph_.text(node_, "aggregate_function", "SUM"), forest_.trees.size(),
                !bases.empty());
  add_bases(bases);
  set_link(graph_.text(node_, "post_transform", "NONE"));
}

void OnnxTrees::read_classifier() {
  graph_.refuse_others(node_, {"base_values",
                               "base_values_as_tensor",
                               "class_ids",
                               "class_nodeids",
                               "class_treeids",
                               "class_weights",
                               "class_weights_as_tensor",
                               "classlabels_int64s",
                               "classlabels_strings",
                               "nodes_falsenodeids",
                               "nodes_featureids",
                               "nodes_hitrates",
                               "nodes_hitrates_as_tensor",
                               "nodes_missing_value_tracks_true",
                               "nodes_modes",
                               "nodes_nodeids",
                               "nodes_treeids",
                               "nodes_truenodeids",
                               "nodes_values",
                               "nodes_values_as_tensor",
                               "post_transform"});
  read_onnx_labels(graph_, node_, "classlabels_int64s", "classlabels_strings", &scores_);
  set_outputs(scores_.num_classes);
  std::set<int64_t> classes;
  for (const int64_t number : graph_.integers(node_, "class_ids")) classes.insert(number);
  const bool has_one_score = scores_.num_classes == 2 && classes.size() == 1;
  if (has_one_score) {
    if (*classes.begin() != 0) refuse("all weights are for the second of two classes.");
    forest_.num_outputs = 1;
  }
  read_named("class");
  const std::vector<double> bases = graph_.numbers(node_, "base_values");
  if (scores_.num_classes == 2 && !has_one_score && (!bases.empty() || !mirrors_classes())) {
    refuse("each of two classes has weights, of whose labels runtimes think differently.");
  }
  const std::string transform = graph_.text(node_, "post_transform", "NONE");
  if (has_one_score) {
    finish_one_score(bases, transform);
    return;
  }
  if (!bases.empty() && bases.size() != forest_.num_outputs) {
    refuse("it has " + std::to_string(bases.size()) + " base values for " +
           std::to_string(forest_.num_outputs) + " classes.");
  }
  if (bases.empty()) check_scored();
  add_bases(bases);
  set_link(transform);
  // Scores that are never negative are probabilities: those of a random forest.
  if (!scores_.is_linked && !has_negative()) scores_.decision = Decision::kProbability;
}

/// Two classes and one score: what decides depends on the signs of all weights.
void OnnxTrees::finish_one_score(const std::vector<double>& bases, const std::string& transform) {
  if (bases.size() > 1) refuse("it has two base values for one score.");
  add_bases(bases);
  if (!has_negative()) {
    if (transform != "NONE") {
      refuse("post_transform is " + quoted(transform) +
             " and no weight is negative, of which runtimes think differently.");
    }
    scores_.decision = Decision::kProbability;
    scores_.threshold = 0.5;
    return;
  }
  set_link(transform);
}

/// Every class has a score in every row, or none is below that of a class without one.
void OnnxTrees::check_scored() const {
  if (are_positive() || forest_.has_vectors) {
    if (are_positive() || weights_.size() >= num_leaves() * forest_.num_outputs) return;
  } else {
    std::set<uint32_t> outputs;
    for (const SourceTree& tree : forest_.trees) outputs.insert(tree.output);
    if (outputs.size() == forest_.num_outputs && weights_.size() >= num_leaves()) return;
  }
  refuse("a class may get no score at all, and others one below 0.");
}

/// Whether the second of two classes wins where its score is above 0, whatever a runtime compares:
/// the first always has the opposite score, or always 0.
bool OnnxTrees::mirrors_classes() const {
  bool is_opposite = forest_.has_vectors, is_zero = forest_.has_vectors;
  for (size_t i = 0; i + 1 < forest_.vectors.size(); i += 2) {
    is_opposite &= forest_.vectors[i] == -forest_.vectors[i + 1];
    is_zero &= forest_.vectors[i] == 0;
  }
  return is_opposite || is_zero;
}

bool OnnxTrees::are_positive() const {
  return std::all_of(weights_.begin(), weights_.end(),
                     [](const OnnxLeafWeight& weight) { return weight.value > 0; });
}

bool OnnxTrees::has_negative() const {
  return std::any_of(weights_.begin(), weights_.end(),
                     [](const OnnxLeafWeight& weight) { return weight.value < 0; });
}

size_t OnnxTrees::num_leaves() const {
  size_t count = 0;
  for (const SourceTree& tree : forest_.trees) {
    for (const SourceNode& node : tree.nodes) count += node.is_leaf ? 1 : 0;
  }
  return count;
}

}  // namespace mainspring

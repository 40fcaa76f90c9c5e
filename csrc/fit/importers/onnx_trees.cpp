// What the forms of ONNX's tree ensembles share: tests, leaves, bases and links.
//
// Compared bit for bit with onnxruntime in tests/models. Where its own rules are odd (what it does
// with scores of two classes depends on the signs of the weights), only what can be said of a model
// alone is read.
#include "fit/importers/onnx_trees.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {
constexpr double kMaxOnnxCategory = 1 << 20;
constexpr uint64_t kMaxOnnxSetWords = 1 << 22;
/// Numbers of all leaf vectors together: 1 GiB.
constexpr uint64_t kMaxVectorNumbers = uint64_t{1} << 27;
}  // namespace

void OnnxTrees::read() {
  if (scores_.has_scores || scores_.is_linked) {
    refuse("it stands behind other scores.");
  }
  if (scores_.width == 0) {
    refuse("the number of features is not stated in the graph's input.");
  }
  forest_.num_features = static_cast<uint32_t>(scores_.width);
  is_double_ = scores_.is_double;
  forest_.input = is_double_ ? ForestInput::kAsIs : ForestInput::kRoundedToFloat;
  forest_.sum = is_double_ ? ForestSum::kDoubleInTreeOrder : ForestSum::kFloatInTreeOrder;
  if (node_.op == "TreeEnsemble") {
    read_numbered();
  } else if (node_.op == "TreeEnsembleRegressor") {
    read_regressor();
  } else {
    read_classifier();
  }
  forest_.link = scores_.link;
  scores_.width = forest_.num_outputs;
  scores_.has_forest = scores_.has_scores = true;
}

void OnnxTrees::set_outputs(int64_t count) {
  if (count < 1 || count > int64_t{kMaxModelOutputs}) {
    contradicts("it has " + std::to_string(count) + " targets.");
  }
  forest_.num_outputs = static_cast<uint32_t>(count);
}

void OnnxTrees::set_link(const std::string& transform) {
  if (transform == "LOGISTIC" && forest_.num_outputs == 1 && scores_.num_classes == 0) {
    refuse("post_transform is LOGISTIC with one target, of which runtimes think differently.");
  }
  if (transform == "LOGISTIC") {
    scores_.link = Link::kSigmoid;
  } else if (transform == "SOFTMAX" && forest_.num_outputs > 1) {
    scores_.link = Link::kSoftmax;
  } else if (transform != "NONE") {
    refuse("post_transform is " + quoted(transform) + ".");
  }
  scores_.is_linked = scores_.link != Link::kIdentity;
}

void OnnxTrees::set_aggregate(const std::string& function, size_t num_trees, bool has_bases) {
  if (function == "AVERAGE") {
    if (has_bases) refuse("aggregate_function is AVERAGE, and there are base_values.");
    forest_.link_divisor = static_cast<double>(std::max<size_t>(num_trees, 1));
  } else if (function != "SUM") {
    refuse("aggregate_function is " + quoted(function) + ", expected SUM or AVERAGE.");
  }
}

/// The test of a node: what is true goes left, or the other way round.
void OnnxTrees::set_test(OnnxTest mode, double threshold, bool missing_is_true, int64_t feature,
                         SourceNode* node) {
  if (feature < 0 || feature >= int64_t{forest_.num_features}) {
    contradicts("a node reads feature " + std::to_string(feature) + " of " +
                std::to_string(forest_.num_features) + ".");
  }
  if (std::isnan(threshold)) contradicts("a node has a threshold that is NaN.");
  node->feature = static_cast<uint32_t>(feature);
  if (mode == OnnxTest::kEqual || mode == OnnxTest::kNotEqual) {
    set_categories({threshold}, missing_is_true, node);
    if (mode == OnnxTest::kNotEqual) std::swap(node->left, node->right);
    return;
  }
  const bool is_swapped = mode == OnnxTest::kGreater || mode == OnnxTest::kGreaterEqual;
  if (mode == OnnxTest::kLess || mode == OnnxTest::kGreaterEqual) {
    if (std::isinf(threshold)) refuse("a node compares with infinity.");
    // Below the threshold is at most the number before it, in the type that is compared.
    constexpr auto kLowest = -std::numeric_limits<double>::infinity();
    threshold = is_double_ ? std::nextafter(threshold, kLowest)
                           : static_cast<double>(std::nextafter(static_cast<float>(threshold),
                                                                static_cast<float>(kLowest)));
  }
  node->threshold = threshold;
  if (is_swapped) std::swap(node->left, node->right);
  node->treatment =
      missing_is_true != is_swapped ? ForestTreatment::kNanLeft : ForestTreatment::kNanRight;
}

void OnnxTrees::set_categories(const std::vector<double>& members, bool missing_is_true,
                               SourceNode* node) {
  if (missing_is_true) refuse("a node sends missing values to where a set of values goes.");
  node->has_set = true;
  node->treatment = ForestTreatment::kWholeCategory;
  node->first_word = static_cast<uint32_t>(forest_.set_words.size());
  for (const double member : members) {
    if (!(member >= 0 && member < kMaxOnnxCategory && member == std::floor(member))) {
      refuse("a node compares with " + std::to_string(member) +
             "; only whole numbers from 0 to 2^20 - 1 can be compared for equality.");
    }
    const auto bit = static_cast<uint32_t>(member);
    const uint64_t words = uint64_t{node->first_word} + bit / 32 + 1;
    if (words > kMaxOnnxSetWords) refuse("sets of values are too large.");
    if (forest_.set_words.size() < words) forest_.set_words.resize(words, 0);
    forest_.set_words[node->first_word + bit / 32] |= uint32_t{1} << bit % 32;
  }
  node->num_words = static_cast<uint32_t>(forest_.set_words.size()) - node->first_word;
}

/// Gives the leaves their numbers: one for each tree where all of its leaves add to one target.
/// `weights` ascend by node; leaf_numbers[tree][i] is the number of node i if it is a leaf.
void OnnxTrees::add_leaves(const std::vector<std::vector<uint64_t>>& leaf_numbers) {
  const auto of_leaf = [&](uint64_t number) {
    const auto first = std::lower_bound(
        weights_.begin(), weights_.end(), number,
        [](const OnnxLeafWeight& weight, uint64_t node) { return weight.node < node; });
    auto last = first;
    while (last != weights_.end() && last->node == number) ++last;
    return std::pair(first, last);
  };
  std::vector<int64_t> targets;
  for (size_t t = 0; t < forest_.trees.size() && !forest_.has_vectors; ++t) {
    std::set<int64_t> seen;
    for (size_t i = 0; i < forest_.trees[t].nodes.size(); ++i) {
      if (!forest_.trees[t].nodes[i].is_leaf) continue;
      const auto [first, last] = of_leaf(leaf_numbers[t][i]);
      for (auto it = first; it != last; ++it) seen.insert(it->target);
    }
    forest_.has_vectors = seen.size() > 1;
    targets.push_back(seen.empty() ? 0 : *seen.begin());
  }
  for (size_t t = 0; t < forest_.trees.size(); ++t) {
    SourceTree& tree = forest_.trees[t];
    tree.output = forest_.has_vectors ? 0 : static_cast<uint32_t>(targets[t]);
    for (size_t i = 0; i < tree.nodes.size(); ++i) {
      if (!tree.nodes[i].is_leaf) continue;
      const auto [first, last] = of_leaf(leaf_numbers[t][i]);
      std::vector<double> values(forest_.has_vectors ? forest_.num_outputs : 1, 0);
      std::set<int64_t> seen;
      for (auto it = first; it != last; ++it) {
        if (!seen.insert(it->target).second) refuse("a leaf has two weights for one target.");
        values[forest_.has_vectors ? static_cast<size_t>(it->target) : 0] = it->value;
      }
      tree.nodes[i].leaf = leaf_of(values);
    }
  }
}

double OnnxTrees::leaf_of(const std::vector<double>& values) {
  if (!forest_.has_vectors) return values.front();
  if (forest_.vectors.size() + values.size() > kMaxVectorNumbers) {
    refuse("its leaves hold more than 2^27 numbers.");
  }
  const auto row = static_cast<double>(forest_.vectors.size() / forest_.num_outputs);
  forest_.vectors.insert(forest_.vectors.end(), values.begin(), values.end());
  return row;
}

void OnnxTrees::check_weights(std::vector<OnnxLeafWeight>* weights) const {
  for (const OnnxLeafWeight& weight : *weights) {
    if (weight.target < 0 || weight.target >= int64_t{forest_.num_outputs}) {
      contradicts("a leaf adds to target " + std::to_string(weight.target) + " of " +
                  std::to_string(forest_.num_outputs) + ".");
    }
    if (!std::isfinite(weight.value)) contradicts("a leaf is not finite.");
  }
  std::stable_sort(
      weights->begin(), weights->end(),
      [](const OnnxLeafWeight& a, const OnnxLeafWeight& b) { return a.node < b.node; });
}

/// What is added behind all trees.
void OnnxTrees::add_bases(const std::vector<double>& bases) {
  for (const double base : bases) {
    if (!std::isfinite(base)) contradicts("a base value is not finite.");
  }
  const auto add = [&](uint32_t output, double leaf) {
    SourceTree tree;
    tree.output = output;
    tree.nodes.resize(1);
    tree.nodes[0].is_leaf = true;
    tree.nodes[0].id = kForestBaseId;
    tree.nodes[0].leaf = leaf;
    forest_.trees.push_back(std::move(tree));
  };
  if (std::all_of(bases.begin(), bases.end(), [](double base) { return base == 0; })) return;
  if (forest_.has_vectors) {
    add(0, leaf_of(bases));
    return;
  }
  for (size_t i = 0; i < bases.size(); ++i) {
    if (bases[i] != 0) add(static_cast<uint32_t>(i), bases[i]);
  }
}

void OnnxTrees::check_tree(const SourceTree& tree) const {
  if (!is_tree(tree)) contradicts("a tree has a cycle, or a node without a parent.");
}

bool read_onnx_trees(const OnnxGraph& graph, const OnnxNode& node, OnnxScores* scores) {
  if (node.domain != "ai.onnx.ml" ||
      (node.op != "TreeEnsembleRegressor" && node.op != "TreeEnsembleClassifier" &&
       node.op != "TreeEnsemble")) {
    return false;
  }
  OnnxTrees(graph, node, scores).read();
  return true;
}

}  // namespace mainspring

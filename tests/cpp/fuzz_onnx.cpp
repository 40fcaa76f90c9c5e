// Mutants of ONNX models: each is refused with an Error, or becomes a model that opens and
// predicts.
#include <string>

#include "fit/importers/onnx.hpp"
#include "mutate_bytes.hpp"
#include "onnx_documents.hpp"
#include "try_model.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kFeatures = 4;

float random_number(Random& random) { return static_cast<float>(below(random, 33)) / 4 - 4; }

std::vector<float> random_numbers(Random& random, uint64_t count) {
  std::vector<float> numbers;
  for (uint64_t i = 0; i < count; ++i) numbers.push_back(random_number(random));
  return numbers;
}

/// Full trees of depth 2: nodes 0 to 6 each.
struct Trees {
  std::vector<int64_t> trees, nodes, features, yes, no, leaf_trees, leaf_nodes, leaf_targets;
  std::vector<std::string> modes;
  std::vector<float> values, weights;
};

Trees random_trees(Random& random, int64_t num_targets) {
  const char* const modes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE", "BRANCH_EQ"};
  Trees made;
  for (int64_t tree = 0; tree < 3; ++tree) {
    for (int64_t node = 0; node < 7; ++node) {
      const bool is_leaf = node > 2;
      made.trees.push_back(tree);
      made.nodes.push_back(node);
      made.features.push_back(static_cast<int64_t>(below(random, kFeatures)));
      made.yes.push_back(is_leaf ? 0 : 2 * node + 1);
      made.no.push_back(is_leaf ? 0 : 2 * node + 2);
      made.modes.push_back(is_leaf ? "LEAF" : modes[below(random, 5)]);
      made.values.push_back(static_cast<float>(below(random, 9)));
      if (!is_leaf) continue;
      made.leaf_trees.push_back(tree);
      made.leaf_nodes.push_back(node);
      made.leaf_targets.push_back(tree % num_targets);
      made.weights.push_back(random_number(random));
    }
  }
  return made;
}

OnnxNodeText& add_nodes(OnnxNodeText& node, const Trees& trees) {
  return node.integers("nodes_treeids", trees.trees)
      .integers("nodes_nodeids", trees.nodes)
      .integers("nodes_featureids", trees.features)
      .integers("nodes_truenodeids", trees.yes)
      .integers("nodes_falsenodeids", trees.no)
      .texts("nodes_modes", trees.modes)
      .floats("nodes_values", trees.values);
}

std::string regressor(Random& random, int64_t num_targets, bool is_scaled) {
  const Trees trees = random_trees(random, num_targets);
  OnnxNodeText node("TreeEnsembleRegressor", "ai.onnx.ml", {is_scaled ? "S" : "X"}, {"Y"});
  add_nodes(node, trees)
      .integers("target_treeids", trees.leaf_trees)
      .integers("target_nodeids", trees.leaf_nodes)
      .integers("target_ids", trees.leaf_targets)
      .floats("target_weights", trees.weights)
      .integer("n_targets", num_targets)
      .floats("base_values", random_numbers(random, static_cast<uint64_t>(num_targets)));
  OnnxNodeText scaler("Scaler", "ai.onnx.ml", {"X"}, {"S"});
  scaler.floats("offset", random_numbers(random, kFeatures)).floats("scale", {0.5f});
  std::vector<std::string> nodes{node.node.text()};
  if (is_scaled) nodes.insert(nodes.begin(), scaler.node.text());
  return onnx_model(nodes, {}, kFeatures, {"Y"});
}

std::string classifier(Random& random) {
  const Trees trees = random_trees(random, 3);
  OnnxNodeText node("TreeEnsembleClassifier", "ai.onnx.ml", {"X"}, {"L", "P"});
  add_nodes(node, trees)
      .integers("class_treeids", trees.leaf_trees)
      .integers("class_nodeids", trees.leaf_nodes)
      .integers("class_ids", trees.leaf_targets)
      .floats("class_weights", trees.weights)
      .texts("classlabels_strings", {"a", "b", "c"})
      .text("post_transform", "SOFTMAX");
  return onnx_model({node.node.text()}, {}, kFeatures, {"L", "P"});
}

std::string numbered(Random& random) {
  OnnxNodeText node("TreeEnsemble", "ai.onnx.ml", {"X"}, {"Y"});
  ProtobufText modes;
  modes.integers(1, {3}).integer(2, 2).bytes(9, std::string("\0\1\6", 3));
  node.integers("tree_roots", {0})
      .integers("nodes_featureids", {0, 1, 2})
      .tensor("nodes_modes", modes.text())
      .tensor("nodes_splits", onnx_tensor("", {3}, random_numbers(random, 3)))
      .integers("nodes_truenodeids", {1, 0, 2})
      .integers("nodes_trueleafs", {0, 1, 1})
      .integers("nodes_falsenodeids", {2, 1, 3})
      .integers("nodes_falseleafs", {0, 1, 1})
      .integers("leaf_targetids", {0, 0, 1, 1})
      .tensor("leaf_weights", onnx_tensor("", {4}, random_numbers(random, 4)))
      .tensor("membership_values", onnx_tensor("", {3}, {1, 3, __builtin_nanf("")}))
      .integer("n_targets", 2);
  return onnx_model({node.node.text()}, {}, kFeatures, {"Y"});
}

std::string layers(Random& random) {
  OnnxNodeText first("Gemm", "", {"X", "w", "b"}, {"a"});
  OnnxNodeText function("Elu", "", {"a"}, {"f"});
  OnnxNodeText second("MatMul", "", {"f", "v"}, {"c"});
  OnnxNodeText sum("Add", "", {"c", "d"}, {"e"});
  OnnxNodeText end("Softmax", "", {"e"}, {"Y"});
  first.integer("transB", 1);
  end.integer("axis", 1);
  return onnx_model({first.node.text(), function.node.text(), second.node.text(), sum.node.text(),
                     end.node.text()},
                    {onnx_tensor("w", {9, 4}, random_numbers(random, 36)),
                     onnx_tensor("b", {9}, random_numbers(random, 9)),
                     onnx_tensor("v", {9, 3}, random_numbers(random, 27)),
                     onnx_tensor("d", {1, 3}, random_numbers(random, 3))},
                    kFeatures, {"Y"});
}

std::vector<Bytes> seeds() {
  Random random(5);
  std::vector<Bytes> documents;
  for (const std::string& text :
       {regressor(random, 1, false), regressor(random, 2, false), regressor(random, 1, true),
        classifier(random), numbered(random), layers(random)}) {
    documents.emplace_back(text.begin(), text.end());
  }
  return documents;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  Bytes bytes = seed;
  for (uint64_t changes = 1 + below(random, 3); changes > 0 && !bytes.empty(); --changes) {
    if (one_in(random, 3)) {
      // Most of what matters is one byte: small numbers, places, lengths.
      bytes[below(random, bytes.size())] = static_cast<uint8_t>(below(random, 16));
    } else {
      mutate_range(bytes, 0, bytes.size(), random);
    }
  }
  if (one_in(random, 32)) bytes.resize(below(random, bytes.size() + 1));
  return bytes;
}

bool try_document(const Bytes& bytes, Random& random) {
  return try_model(bytes, random, &read_onnx);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_document});
}

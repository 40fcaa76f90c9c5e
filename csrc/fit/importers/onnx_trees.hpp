// Tree ensembles of ai.onnx.ml on their way into a forest: what the forms that they are written in
// have in common.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fit/importers/onnx_scores.hpp"

namespace mainspring {

/// How a node compares; the numbers are TreeEnsemble's.
enum class OnnxTest : uint8_t { kLeq, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kMember };

/// What a leaf adds to one target.
struct OnnxLeafWeight {
  uint64_t node;  // its number among all nodes, or leaves
  int64_t target;
  double value;
};

inline constexpr uint64_t kMaxOnnxNodes = uint64_t{1} << 31;

/// A node that is an ensemble of trees, while it becomes a forest.
class OnnxTrees {
 public:
  OnnxTrees(const OnnxGraph& graph, const OnnxNode& node, OnnxScores* scores)
      : graph_(graph), node_(node), scores_(*scores), forest_(scores->forest) {}

  void read();

 private:
  [[noreturn]] void contradicts(const std::string& what) const {
    graph_.fail(ErrorKind::kData, node_, what);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    graph_.fail(ErrorKind::kUnsupported, node_, what);
  }

  // onnx_trees.cpp: what all forms share.
  void set_outputs(int64_t count);
  void set_link(const std::string& transform);
  void set_aggregate(const std::string& function, size_t num_trees, bool has_bases);
  /// The test of a node: what is true goes left, or the other way round.
  void set_test(OnnxTest test, double threshold, bool missing_is_true, int64_t feature,
                SourceNode* node);
  void set_categories(const std::vector<double>& members, bool missing_is_true, SourceNode* node);
  void check_weights(std::vector<OnnxLeafWeight>* weights) const;
  /// Gives the leaves their numbers: one for each tree where all of its leaves add to one target.
  /// leaf_numbers[tree][i] is the number, in `weights_`, of node i if it is a leaf.
  void add_leaves(const std::vector<std::vector<uint64_t>>& leaf_numbers);
  double leaf_of(const std::vector<double>& values);
  /// What is added behind all trees.
  void add_bases(const std::vector<double>& bases);
  void check_tree(const SourceTree& tree) const;

  // onnx_named_trees.cpp: TreeEnsembleRegressor and TreeEnsembleClassifier, whose nodes have ids.
  void read_regressor();
  void read_classifier();
  void read_named(const std::string& prefix);
  void finish_one_score(const std::vector<double>& bases, const std::string& transform);
  void check_scored() const;
  bool mirrors_classes() const;
  bool are_positive() const;
  bool has_negative() const;
  size_t num_leaves() const;

  // onnx_numbered_trees.cpp: TreeEnsemble, whose nodes are numbered.
  struct Numbered;
  void read_numbered();
  void add_numbered_tree(const Numbered& lists, int64_t root, size_t num_leaves,
                         std::vector<bool>* visited, std::vector<uint64_t>* leaf_numbers);
  const OnnxTensor& tensor_of(const char* name, bool is_needed) const;

  const OnnxGraph& graph_;
  const OnnxNode& node_;
  OnnxScores& scores_;
  SourceForest& forest_;
  bool is_double_ = false;
  std::vector<OnnxLeafWeight> weights_;  // ascend by node
};

}  // namespace mainspring

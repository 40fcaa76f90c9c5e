// Trees as importers read them, and their way into the bytes of a MODEL section.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// One node of a tree that was read from a source library, in that library's own order.
struct SourceNode {
  bool is_leaf = false;
  bool has_set = false;  // the test is membership in a set of categories
  ForestTreatment treatment = ForestTreatment::kNanIsZero;
  uint32_t feature = 0;
  double threshold = 0;     // value <= threshold goes left
  uint32_t first_word = 0;  // into SourceForest::set_words
  uint32_t num_words = 0;
  uint32_t left = 0, right = 0;  // into SourceTree::nodes
  double leaf = 0;  // the number that the leaf adds; of a forest with leaf vectors, its row there
  uint32_t id = 0;  // the source's number of the leaf or of the inner node
  double cover = 0, gain = 0;
};

struct SourceTree {
  uint32_t output = 0;
  std::vector<SourceNode> nodes;  // the root first
};

struct SourceForest {
  uint32_t num_features = 0;
  uint32_t num_outputs = 1;
  uint32_t num_classes = 0;
  Link link = Link::kIdentity;
  double link_scale = 1;
  double link_divisor = 1;
  ForestSum sum = ForestSum::kDoubleInTreeOrder;
  ForestInput input = ForestInput::kAsIs;
  std::vector<double> bases;  // one for each output; empty: zeros
  std::vector<SourceTree> trees;
  std::vector<uint32_t> set_words;
  bool has_vectors = false;     // leaves add to all outputs
  std::vector<double> vectors;  // rows of num_outputs numbers; equal rows are stored once
};

/// Every node but the root is the child of exactly one other and can be reached from the root:
/// anything else would make write_forest run forever or lose nodes.
bool is_tree(const SourceTree& tree);

/// The MODEL section. The trees must satisfy is_tree(); the result passes open_model(), which is
/// checked here (Error(kData) when the source holds a number that no forest may hold).
std::vector<uint8_t> write_forest(const SourceForest& forest);

}  // namespace mainspring

// Reader of trees that lie in arrays, as scikit-learn's estimators hold them.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fit/importers/model_image.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// All trees one after the other; one value for each node unless said otherwise. Children are
/// numbers of the node's own tree.
struct TreeArrays {
  std::span<const int64_t> tree_sizes;  // nodes of each tree
  std::span<const int64_t> outputs;     // of each tree: the output it adds to
  std::span<const int64_t> left;        // below 0: a leaf
  std::span<const int64_t> right;
  std::span<const int64_t> features;
  std::span<const double> thresholds;    // <= goes left; of a node with a set: nothing
  std::span<const uint8_t> treatments;   // ForestTreatment
  std::span<const double> leaves;        // with vectors: num_outputs numbers for each node
  std::span<const double> covers;        // or none
  std::span<const double> gains;         // or none
  std::span<const int64_t> set_begins;   // words of sets; or none
  std::span<const int64_t> set_lengths;  // 0: no set
  std::span<const uint32_t> set_words;
};

/// `forest` comes with everything but trees, set_words and vectors. Throws Error(kData) for arrays
/// that contradict each other, with the tree's number.
ModelImage read_tree_arrays(const TreeArrays& arrays, SourceForest forest,
                            std::vector<std::string> feature_names, const std::string& description);

}  // namespace mainspring

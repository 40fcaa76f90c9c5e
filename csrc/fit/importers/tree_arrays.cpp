// Arrays to trees: every index is checked before it is used.
#include "fit/importers/tree_arrays.hpp"

#include <cmath>
#include <utility>

#include "host/error.hpp"

namespace mainspring {

namespace {

class TreeArraysReader {
 public:
  TreeArraysReader(const TreeArrays& arrays, SourceForest* forest)
      : arrays_(arrays), forest_(forest) {}

  void read() {
    check_lengths();
    forest_->set_words.assign(arrays_.set_words.begin(), arrays_.set_words.end());
    uint64_t first = 0;
    for (size_t i = 0; i < arrays_.tree_sizes.size(); ++i) {
      number_ = i;
      const int64_t size = arrays_.tree_sizes[i];
      if (size < 1 || static_cast<uint64_t>(size) > arrays_.left.size() - first) {
        fail("has " + std::to_string(size) + " nodes, which the arrays do not hold");
      }
      read_tree(first, static_cast<uint64_t>(size));
      first += static_cast<uint64_t>(size);
    }
    if (first != arrays_.left.size()) fail("is the last, but nodes are left over");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kData, "Tree " + std::to_string(number_) + " of the model's arrays " +
                                      what + ". Fit and pass the model again.");
  }

  void check_lengths() const {
    const size_t count = arrays_.left.size();
    const size_t width = forest_->has_vectors ? forest_->num_outputs : 1;
    const bool sets = !arrays_.set_begins.empty();
    if (arrays_.right.size() != count || arrays_.features.size() != count ||
        arrays_.thresholds.size() != count || arrays_.treatments.size() != count ||
        arrays_.leaves.size() != count * width ||
        arrays_.outputs.size() != arrays_.tree_sizes.size() ||
        (!arrays_.covers.empty() && arrays_.covers.size() != count) ||
        (!arrays_.gains.empty() && arrays_.gains.size() != count) ||
        (sets && arrays_.set_begins.size() != count) ||
        arrays_.set_lengths.size() != arrays_.set_begins.size() || count >= uint64_t{1} << 31 ||
        arrays_.set_words.size() > kMaxForestSetWords) {
      throw Error(ErrorKind::kData,
                  "The model's arrays do not have one value for each node. Fit and pass the model "
                  "again.");
    }
  }

  void read_tree(uint64_t first, uint64_t size) {
    SourceTree tree;
    const int64_t output = arrays_.outputs[number_];
    if (output < 0 || output >= forest_->num_outputs || (forest_->has_vectors && output != 0)) {
      fail("adds to output " + std::to_string(output) + " of " +
           std::to_string(forest_->num_outputs));
    }
    tree.output = static_cast<uint32_t>(output);
    tree.nodes.resize(size);
    for (uint64_t i = 0; i < size; ++i) {
      SourceNode& node = tree.nodes[i];
      const uint64_t at = first + i;
      node.id = static_cast<uint32_t>(i);
      if (!arrays_.covers.empty()) node.cover = positive_or_zero(arrays_.covers[at]);
      if (arrays_.left[at] < 0) {
        read_leaf(at, &node);
        continue;
      }
      node.left = child(arrays_.left[at], size);
      node.right = child(arrays_.right[at], size);
      if (!arrays_.gains.empty()) node.gain = positive_or_zero(arrays_.gains[at]);
      read_split(at, &node);
    }
    if (!is_tree(tree)) fail("has a cycle, or a node without a parent");
    forest_->trees.push_back(std::move(tree));
  }

  static double positive_or_zero(double value) {
    return std::isfinite(value) && value > 0 ? value : 0;
  }

  uint32_t child(int64_t number, uint64_t size) const {
    if (number < 0 || static_cast<uint64_t>(number) >= size) {
      fail("names node " + std::to_string(number) + " of " + std::to_string(size));
    }
    return static_cast<uint32_t>(number);
  }

  void read_leaf(uint64_t at, SourceNode* node) {
    node->is_leaf = true;
    const uint64_t width = forest_->has_vectors ? forest_->num_outputs : 1;
    const auto values = arrays_.leaves.subspan(at * width, width);
    for (const double value : values) {
      if (!std::isfinite(value)) fail("has a leaf that is not finite");
    }
    if (forest_->has_vectors) {
      node->leaf = static_cast<double>(forest_->vectors.size() / width);
      forest_->vectors.insert(forest_->vectors.end(), values.begin(), values.end());
    } else {
      node->leaf = values[0];
    }
  }

  void read_split(uint64_t at, SourceNode* node) {
    const int64_t feature = arrays_.features[at];
    if (feature < 0 || feature >= forest_->num_features) {
      fail("reads feature " + std::to_string(feature) + " of " +
           std::to_string(forest_->num_features));
    }
    if (arrays_.treatments[at] >= kNumForestTreatments) fail("has an unknown treatment");
    node->feature = static_cast<uint32_t>(feature);
    node->treatment = static_cast<ForestTreatment>(arrays_.treatments[at]);
    if (is_category(node->treatment)) {
      read_set(at, node);
      return;
    }
    node->threshold = arrays_.thresholds[at];
    if (std::isnan(node->threshold)) fail("has a threshold that is NaN");
  }

  void read_set(uint64_t at, SourceNode* node) {
    const int64_t begin = arrays_.set_begins.empty() ? 0 : arrays_.set_begins[at];
    const int64_t length = arrays_.set_lengths.empty() ? 0 : arrays_.set_lengths[at];
    const auto num_words = static_cast<int64_t>(arrays_.set_words.size());
    if (begin < 0 || length < 0 || begin > num_words || length > num_words - begin) {
      fail("has a set of categories outside of the words");
    }
    node->has_set = true;
    node->first_word = static_cast<uint32_t>(begin);
    node->num_words = static_cast<uint32_t>(length);
  }

  const TreeArrays& arrays_;
  SourceForest* forest_;
  size_t number_ = 0;
};

}  // namespace

ModelImage read_tree_arrays(const TreeArrays& arrays, SourceForest forest,
                            std::vector<std::string> feature_names,
                            const std::string& description) {
  const auto fail = [](const std::string& what) { throw Error(ErrorKind::kData, what); };
  if (forest.num_features < 1 || forest.num_features > kMaxModelFeatures ||
      forest.num_outputs < 1 || forest.num_outputs > kMaxModelOutputs) {
    fail("The model has " + std::to_string(forest.num_features) + " features and " +
         std::to_string(forest.num_outputs) + " outputs; expected 1 to " +
         std::to_string(kMaxModelFeatures) + " and 1 to " + std::to_string(kMaxModelOutputs) + ".");
  }
  if (feature_names.size() != forest.num_features ||
      (!forest.bases.empty() && forest.bases.size() != forest.num_outputs)) {
    fail("The model needs a name for each feature and a base for each output.");
  }
  TreeArraysReader(arrays, &forest).read();
  ModelImage image;
  image.section = write_forest(forest);
  image.feature_names = std::move(feature_names);
  image.kind = "forest";
  image.link = link_name(forest.link);
  image.num_outputs = forest.num_outputs;
  image.num_classes = forest.num_classes;
  image.num_trees = static_cast<uint32_t>(forest.trees.size());
  image.description = description;
  return image;
}

}  // namespace mainspring

// The trees of LightGBM's text, one at a time.
#include "fit/importers/lightgbm_tree.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace mainspring {

namespace {

// Bits of decision_type; the two above them are the missing type.
constexpr int64_t kCategoricalBit = 1;
constexpr int64_t kDefaultLeftBit = 2;

/// LightGBM takes |x| <= kForestZero for zero before it compares; the same decision without a look
/// at x: a threshold inside that range moves to the edge of it.
double outside_zero(double threshold) {
  if (std::fabs(threshold) > kForestZero) return threshold;
  return threshold >= 0 ? kForestZero
                        : std::nextafter(-kForestZero, -std::numeric_limits<double>::infinity());
}

class TreeReader {
 public:
  TreeReader(const TextFields& text, SourceForest* forest) : text_(text), forest_(forest) {}

  void add_tree(const FieldBlock& block) {
    const auto number = static_cast<uint32_t>(forest_->trees.size());
    const TextLine& leaves = block.get("num_leaves");
    const auto num_leaves = static_cast<uint64_t>(text_.integer_in(leaves, 1, 1 << 30));
    const std::vector<double> values = text_.numbers(block.get("leaf_value"), num_leaves);
    const uint64_t num_inner = num_leaves - 1;

    SourceTree tree;
    tree.output = number % forest_->num_outputs;
    tree.nodes.resize(num_inner + num_leaves);
    if (num_inner != 0) read_inner(block, num_inner, &tree);
    const std::vector<double> covers = block.optional_numbers("leaf_count", num_leaves);
    for (uint64_t i = 0; i < num_leaves; ++i) {
      if (!std::isfinite(values[i])) {
        text_.fail(ErrorKind::kData, block.get("leaf_value").number,
                   "the value of leaf " + std::to_string(i) + " is not finite.");
      }
      SourceNode& leaf = tree.nodes[num_inner + i];
      leaf.is_leaf = true;
      leaf.leaf = values[i];
      leaf.id = static_cast<uint32_t>(i);
      leaf.cover = covers[i] >= 0 ? covers[i] : 0;
    }
    if (!is_tree(tree)) {
      text_.fail(ErrorKind::kData, leaves.number,
                 "the children of tree " + std::to_string(number) +
                     " form a cycle, or leave a node without a parent.");
    }
    forest_->trees.push_back(std::move(tree));
  }

 private:
  void read_inner(const FieldBlock& block, uint64_t num_inner, SourceTree* tree) {
    const TextLine& feature_line = block.get("split_feature");
    const TextLine& type_line = block.get("decision_type");
    const TextLine& threshold_line = block.get("threshold");
    const std::vector<int64_t> features = text_.integers(feature_line, num_inner);
    const std::vector<int64_t> types = text_.integers(type_line, num_inner);
    const std::vector<double> thresholds = text_.numbers(threshold_line, num_inner);
    const std::vector<uint32_t> left = read_children(block.get("left_child"), num_inner);
    const std::vector<uint32_t> right = read_children(block.get("right_child"), num_inner);
    const std::vector<double> gains = block.optional_numbers("split_gain", num_inner);
    const std::vector<double> covers = block.optional_numbers("internal_count", num_inner);
    const std::vector<uint32_t> set_ends = read_sets(block);

    for (uint64_t i = 0; i < num_inner; ++i) {
      if (features[i] < 0 || features[i] >= forest_->num_features) {
        text_.fail(ErrorKind::kData, feature_line.number,
                   "split_feature " + std::to_string(features[i]) +
                       " is out of range, expected 0 "
                       "to " +
                       std::to_string(forest_->num_features - 1) + ".");
      }
      SourceNode& node = tree->nodes[i];
      node.feature = static_cast<uint32_t>(features[i]);
      node.left = left[i];
      node.right = right[i];
      node.id = static_cast<uint32_t>(i);
      node.gain = gains[i];
      node.cover = covers[i] >= 0 ? covers[i] : 0;
      if (types[i] < 0 || types[i] > 11) {
        text_.fail(ErrorKind::kUnsupported, type_line.number,
                   "decision_type " + std::to_string(types[i]) + " is not known.");
      }
      if ((types[i] & kCategoricalBit) != 0) {
        read_set_test(threshold_line, thresholds[i], set_ends, &node);
      } else {
        read_threshold(threshold_line, thresholds[i], types[i], &node);
      }
    }
  }

  void read_threshold(const TextLine& line, double threshold, int64_t type, SourceNode* node) {
    if (std::isnan(threshold)) text_.fail(ErrorKind::kData, line.number, "a threshold is NaN.");
    const bool left = (type & kDefaultLeftBit) != 0;
    const int64_t missing = type >> 2;  // 0 none, 1 zero, 2 NaN
    node->threshold = outside_zero(threshold);
    if (missing == 0) {
      node->treatment = ForestTreatment::kNanIsZero;
    } else if (missing == 1) {
      node->treatment = left ? ForestTreatment::kZeroLeft : ForestTreatment::kZeroRight;
    } else {
      node->treatment = left ? ForestTreatment::kNanLeft : ForestTreatment::kNanRight;
    }
  }

  /// The "threshold" of such a node is the number of its set.
  void read_set_test(const TextLine& line, double number, const std::vector<uint32_t>& set_ends,
                     SourceNode* node) {
    if (!(number >= 0) || number + 1 >= static_cast<double>(set_ends.size()) ||
        number != std::floor(number)) {
      text_.fail(ErrorKind::kData, line.number,
                 "a categorical split names a set that is not in cat_boundaries.");
    }
    const auto set = static_cast<size_t>(number);
    node->has_set = true;
    node->treatment = ForestTreatment::kCategory;
    node->first_word = set_ends[set];
    node->num_words = set_ends[set + 1] - set_ends[set];
  }

  /// Appends the tree's words to the forest's and returns where each set begins, and the end.
  std::vector<uint32_t> read_sets(const FieldBlock& block) {
    const int64_t num_sets = text_.integer_in(block.get("num_cat"), 0, 1 << 30);
    if (num_sets == 0) return {};
    const TextLine& line = block.get("cat_boundaries");
    const std::vector<int64_t> bounds = text_.integers(line, static_cast<uint64_t>(num_sets) + 1);
    std::vector<uint32_t> ends;
    for (size_t i = 0; i < bounds.size(); ++i) {
      if ((i == 0 && bounds[i] != 0) || (i != 0 && bounds[i] < bounds[i - 1]) ||
          bounds[i] > kMaxForestSetWords) {
        text_.fail(ErrorKind::kData, line.number,
                   "cat_boundaries must begin with 0 and ascend, got " + std::to_string(bounds[i]) +
                       " at position " + std::to_string(i) + ".");
      }
      ends.push_back(
          static_cast<uint32_t>(forest_->set_words.size() + static_cast<uint64_t>(bounds[i])));
    }
    const TextLine& word_line = block.get("cat_threshold");
    for (const int64_t word : text_.integers(word_line, static_cast<uint64_t>(bounds.back()))) {
      if (word < 0 || word > std::numeric_limits<uint32_t>::max()) {
        text_.fail(ErrorKind::kData, word_line.number,
                   "cat_threshold holds " + std::to_string(word) + ", expected 0 to 2^32 - 1.");
      }
      forest_->set_words.push_back(static_cast<uint32_t>(word));
    }
    return ends;
  }

  /// Inner nodes keep their numbers; leaf i, written as -1 - i, lies behind them.
  std::vector<uint32_t> read_children(const TextLine& line, uint64_t num_inner) const {
    std::vector<uint32_t> children;
    const auto limit = static_cast<int64_t>(num_inner);
    for (const int64_t child : text_.integers(line, num_inner)) {
      if (child >= limit || child < -1 - limit) {
        text_.fail(ErrorKind::kData, line.number,
                   quoted(line.key) + " names node " + std::to_string(child) + ", expected " +
                       std::to_string(-1 - limit) + " to " + std::to_string(limit - 1) + ".");
      }
      children.push_back(static_cast<uint32_t>(child >= 0 ? child : limit - 1 - child));
    }
    return children;
  }

  const TextFields& text_;
  SourceForest* forest_;
};

}  // namespace

void read_lightgbm_tree(const TextFields& text, const FieldBlock& block, SourceForest* forest) {
  TreeReader(text, forest).add_tree(block);
}

}  // namespace mainspring

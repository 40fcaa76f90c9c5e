// The trees of XGBoost's document, one at a time. Arrays hold one value for each node.
#include "fit/importers/xgboost_tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace mainspring {

namespace {

constexpr std::array<std::string_view, 17> kArraysOfTree{"base_weights",
                                                         "categories",
                                                         "categories_nodes",
                                                         "categories_segments",
                                                         "categories_sizes",
                                                         "default_left",
                                                         "id",
                                                         "leaf_weights",
                                                         "left_children",
                                                         "loss_changes",
                                                         "parents",
                                                         "right_children",
                                                         "split_conditions",
                                                         "split_indices",
                                                         "split_type",
                                                         "sum_hessian",
                                                         "tree_param"};
constexpr std::array<std::string_view, 4> kParameterKeys{"num_deleted", "num_feature", "num_nodes",
                                                         "size_leaf_vector"};
constexpr int64_t kMaxTreeNodes = int64_t{1} << 30;
/// XGBoost knows no category from here on: float32 could not tell them apart.
constexpr int64_t kMaxCategory = int64_t{1} << 24;

double finite_or_zero(float value) { return std::isfinite(value) ? static_cast<double>(value) : 0; }

class XgboostTreeReader {
 public:
  XgboostTreeReader(const Document& document, const DocumentValue& value, SourceForest* forest)
      : document_(document), value_(value), forest_(forest) {}

  void read(uint32_t output, float weight) {
    document_.refuse_others(value_, kArraysOfTree);
    const DocumentValue& parameters = document_.object(value_, "tree_param", kParameterKeys);
    num_nodes_ = static_cast<uint64_t>(
        document_.integer_in(document_.get(parameters, "num_nodes"), 1, kMaxTreeNodes));
    num_deleted_ = document_.integer_in(document_.get(parameters, "num_deleted"), 0, kMaxTreeNodes);
    const DocumentValue& width = document_.get(parameters, "size_leaf_vector");
    const int64_t leaf_width = document_.integer_in(width, 0, kMaxModelOutputs);
    if ((leaf_width > 1) != forest_->has_vectors ||
        (leaf_width > 1 && leaf_width != forest_->num_outputs)) {
      document_.fail(ErrorKind::kData, width.at,
                     "size_leaf_vector is " + std::to_string(leaf_width) + " in a model of " +
                         std::to_string(forest_->num_outputs) + " outputs.");
    }
    read_arrays();
    read_sets();
    add_nodes(output, weight);
  }

 private:
  std::vector<int64_t> integers(std::string_view key) const {
    return document_.integers(document_.get(value_, key), num_nodes_);
  }
  std::vector<float> floats(std::string_view key) const {
    return document_.floats(document_.get(value_, key), num_nodes_);
  }
  [[noreturn]] void fail(std::string_view key, const std::string& what) const {
    document_.fail(ErrorKind::kData, document_.get(value_, key).at, what);
  }

  void read_arrays() {
    left_ = integers("left_children");
    right_ = integers("right_children");
    features_ = integers("split_indices");
    default_left_ = integers("default_left");
    conditions_ = floats("split_conditions");
    gains_ = floats("loss_changes");
    covers_ = floats("sum_hessian");
    is_set_.assign(num_nodes_, 0);
    if (document_.find(value_, "split_type") != nullptr) {
      const std::vector<int64_t> types = integers("split_type");
      for (uint64_t i = 0; i < num_nodes_; ++i) {
        if (types[i] != 0 && types[i] != 1) fail("split_type", "a split type is not known.");
        is_set_[i] = types[i] == 1;
      }
    }
    if (!forest_->has_vectors) return;
    // Until 3.0, a vector for each node; since then, one for each leaf.
    const bool by_leaf = document_.find(value_, "leaf_weights") != nullptr;
    vector_key_ = by_leaf ? "leaf_weights" : "base_weights";
    vectors_ = document_.floats(document_.get(value_, vector_key_),
                                by_leaf ? Document::kAnyCount : num_nodes_ * forest_->num_outputs);
    vectors_by_leaf_ = by_leaf;
  }

  /// Which of the sets in `categories` each node has.
  void read_sets() {
    set_of_.assign(num_nodes_, -1);
    if (document_.find(value_, "categories_nodes") == nullptr) return;
    const auto any = [&](std::string_view key) {
      return document_.integers(document_.get(value_, key), Document::kAnyCount);
    };
    const std::vector<int64_t> nodes = any("categories_nodes");
    const auto counted = [&](std::string_view key) {
      return document_.integers(document_.get(value_, key), nodes.size());
    };
    set_begins_ = counted("categories_segments");
    set_sizes_ = counted("categories_sizes");
    categories_ = any("categories");
    const auto num_categories = static_cast<int64_t>(categories_.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i] < 0 || nodes[i] >= static_cast<int64_t>(num_nodes_)) {
        fail("categories_nodes", "a set belongs to node " + std::to_string(nodes[i]) +
                                     ", expected 0 to " + std::to_string(num_nodes_ - 1) + ".");
      }
      if (set_begins_[i] < 0 || set_begins_[i] > num_categories || set_sizes_[i] < 1 ||
          set_sizes_[i] > num_categories - set_begins_[i]) {
        fail("categories_segments", "a set of categories is empty or lies outside of the list.");
      }
      set_of_[static_cast<size_t>(nodes[i])] = static_cast<int64_t>(i);
    }
  }

  /// Breadth-first from the root; nodes that were pruned away stay out.
  void add_nodes(uint32_t output, float weight) {
    SourceTree tree;
    tree.output = output;
    std::vector<uint32_t> order{0};
    std::vector<uint8_t> is_seen(num_nodes_, 0);
    is_seen[0] = 1;
    for (size_t at = 0; at < order.size(); ++at) {
      const uint32_t number = order[at];
      SourceNode node;
      node.id = number;
      node.cover = std::max(finite_or_zero(covers_[number]), 0.0);
      if (left_[number] == -1) {
        read_leaf(number, weight, &node);
      } else {
        node.gain = finite_or_zero(gains_[number]);
        add_child(left_[number], "left_children", &is_seen, &order);
        add_child(right_[number], "right_children", &is_seen, &order);
        if (right_[number] != left_[number] + 1) {
          fail("right_children", "a right child does not follow its left one.");
        }
        node.left = static_cast<uint32_t>(order.size() - 2);
        node.right = node.left + 1;
        read_split(number, &node);
      }
      tree.nodes.push_back(node);
    }
    if (order.size() + static_cast<uint64_t>(num_deleted_) != num_nodes_) {
      fail("left_children", std::to_string(num_nodes_ - order.size()) +
                                " nodes have no parent, expected num_deleted, " +
                                std::to_string(num_deleted_) + ".");
    }
    forest_->trees.push_back(std::move(tree));
  }

  void add_child(int64_t child, std::string_view key, std::vector<uint8_t>* is_seen,
                 std::vector<uint32_t>* order) const {
    if (child < 0 || child >= static_cast<int64_t>(num_nodes_)) {
      fail(key, "a child is node " + std::to_string(child) + ", expected 0 to " +
                    std::to_string(num_nodes_ - 1) + ".");
    }
    const auto number = static_cast<uint32_t>(child);
    if ((*is_seen)[number]++ != 0) {
      fail(key, "node " + std::to_string(child) + " has two parents, or is its own ancestor.");
    }
    order->push_back(number);
  }

  void read_leaf(uint32_t number, float weight, SourceNode* node) {
    node->is_leaf = true;
    if (!forest_->has_vectors) {
      const float leaf = conditions_[number] * weight;
      if (!std::isfinite(leaf)) fail("split_conditions", "the value of a leaf is not finite.");
      node->leaf = static_cast<double>(leaf);
      return;
    }
    const uint64_t width = forest_->num_outputs;
    const int64_t row = vectors_by_leaf_ ? right_[number] : int64_t{number};
    if (row < 0 || static_cast<uint64_t>(row) >= vectors_.size() / width) {
      fail(vector_key_, "a leaf has no vector.");
    }
    node->leaf = static_cast<double>(forest_->vectors.size() / width);
    for (uint64_t i = 0; i < width; ++i) {
      const float value = vectors_[static_cast<uint64_t>(row) * width + i] * weight;
      if (!std::isfinite(value)) fail(vector_key_, "the value of a leaf is not finite.");
      forest_->vectors.push_back(static_cast<double>(value));
    }
  }

  void read_split(uint32_t number, SourceNode* node) {
    if (features_[number] < 0 || features_[number] >= forest_->num_features) {
      fail("split_indices", "a split reads feature " + std::to_string(features_[number]) +
                                ", expected 0 to " + std::to_string(forest_->num_features - 1) +
                                ".");
    }
    node->feature = static_cast<uint32_t>(features_[number]);
    const bool default_left = default_left_[number] != 0;
    if (is_set_[number] != 0) {
      read_set_test(number, default_left, node);
      return;
    }
    // x < t for float32 is x <= the number before t.
    const float threshold = conditions_[number];
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    if (std::isnan(threshold)) fail("split_conditions", "a threshold is NaN.");
    if (threshold == -kInfinity) {
      fail("split_conditions", "a threshold is -infinity, which nothing is below.");
    }
    node->threshold = static_cast<double>(std::nextafter(threshold, -kInfinity));
    node->treatment = default_left ? ForestTreatment::kNanLeft : ForestTreatment::kNanRight;
  }

  /// Categories in the set go right there, and left here: the children change places. What is no
  /// category, and what no set has, goes the other way; so does NaN unless its default is right.
  void read_set_test(uint32_t number, bool default_left, SourceNode* node) {
    if (set_of_[number] < 0) fail("categories_nodes", "a split by categories has no set.");
    const auto set = static_cast<size_t>(set_of_[number]);
    const int64_t shift = default_left ? 0 : 1;
    std::vector<uint32_t> words(default_left ? 0 : 1, default_left ? 0 : 1);
    for (int64_t i = 0; i < set_sizes_[set]; ++i) {
      const int64_t category = categories_[static_cast<size_t>(set_begins_[set] + i)];
      if (category < 0 || category >= kMaxCategory) {
        fail("categories", "a category is " + std::to_string(category) + ", expected 0 to " +
                               std::to_string(kMaxCategory - 1) + ".");
      }
      const auto bit = static_cast<uint64_t>(category + shift);
      if (words.size() <= bit / 32) words.resize(bit / 32 + 1, 0);
      words[bit / 32] |= 1u << bit % 32;
    }
    std::swap(node->left, node->right);
    node->has_set = true;
    node->treatment =
        default_left ? ForestTreatment::kCategoryFromZero : ForestTreatment::kCategoryBehindMissing;
    node->first_word = static_cast<uint32_t>(forest_->set_words.size());
    node->num_words = static_cast<uint32_t>(words.size());
    if (forest_->set_words.size() + words.size() > kMaxForestSetWords) {
      document_.fail(ErrorKind::kUnsupported, value_.at,
                     "the model's sets of categories are too large.");
    }
    forest_->set_words.insert(forest_->set_words.end(), words.begin(), words.end());
  }

  const Document& document_;
  const DocumentValue& value_;
  SourceForest* forest_;
  uint64_t num_nodes_ = 0;
  int64_t num_deleted_ = 0;
  std::vector<int64_t> left_, right_, features_, default_left_;
  std::vector<float> conditions_, gains_, covers_, vectors_;
  std::vector<uint8_t> is_set_;
  std::vector<int64_t> set_of_, set_begins_, set_sizes_, categories_;
  std::string_view vector_key_;
  bool vectors_by_leaf_ = false;
};

}  // namespace

void read_xgboost_tree(const Document& document, const DocumentValue& value, uint32_t output,
                       float weight, SourceForest* forest) {
  XgboostTreeReader(document, value, forest).read(output, weight);
}

}  // namespace mainspring

// Both shapes of CatBoost's trees become nodes with two children: a value above the border goes
// right, and one that is the split's category left, since sets of categories are what goes left.
#include "fit/importers/catboost_tree.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

constexpr std::array<std::string_view, 3> kSymmetricKeys{"leaf_values", "leaf_weights", "splits"};
constexpr std::array<std::string_view, 5> kNestedKeys{"left", "right", "split", "value", "weight"};
constexpr std::array<std::string_view, 4> kSplitKeys{"border", "float_feature_index", "split_index",
                                                     "split_type"};
constexpr std::array<std::string_view, 4> kOneHotKeys{"cat_feature_index", "split_index",
                                                      "split_type", "value"};
constexpr size_t kMaxDepth = 16;

SourceNode one_hot_split(const Document& document, const DocumentValue& split,
                         CatboostFeatures& features, SourceForest* forest) {
  document.refuse_others(split, kOneHotKeys);
  const auto last = static_cast<int64_t>(features.columns.size()) - 1;
  const int64_t number = document.integer_in(document.get(split, "cat_feature_index"), 0, last);
  const DocumentValue& value = document.get(split, "value");
  const auto hash = static_cast<uint32_t>(document.integer_in(value, INT32_MIN, UINT32_MAX));
  SourceNode node;
  node.feature = features.columns[static_cast<size_t>(number)];
  if (features.categories.numbers_of(hash).empty()) {
    document.fail(ErrorKind::kUnsupported, value.at,
                  features.categories.describe(hash) + " of the feature of column " +
                      std::to_string(node.feature) + " is no whole number from 0 to " +
                      std::to_string(kNumCatboostCategories - 1) +
                      ". Train with such numbers for categories, as ordinal() makes them.");
  }
  if (!features.categories.set_test(hash, forest, &node)) {
    document.fail(ErrorKind::kUnsupported, value.at, "the categories of splits are too many.");
  }
  return node;
}

/// What goes right is what CatBoost calls true, unless has_set.
SourceNode split_of(const Document& document, const DocumentValue& split,
                    CatboostFeatures& features, SourceForest* forest) {
  const DocumentValue& type = document.get(split, "split_type");
  if (document.text(type) == "OneHotFeature") {
    return one_hot_split(document, split, features, forest);
  }
  if (type.text != "FloatFeature") {
    document.fail(ErrorKind::kUnsupported, type.at,
                  "a split is of the type " + quoted(type.text) +
                      ", expected FloatFeature or OneHotFeature: splits by statistics of "
                      "categories, texts and embeddings are not supported. Encode them before "
                      "training.");
  }
  document.refuse_others(split, kSplitKeys);
  const DocumentValue& index = document.get(split, "float_feature_index");
  const auto last = static_cast<int64_t>(features.numbers.size()) - 1;
  const int64_t number = document.integer_in(index, 0, last);
  const DocumentValue& border = document.get(split, "border");
  SourceNode node;
  const CatboostFeature& feature = features.numbers[static_cast<size_t>(number)];
  node.feature = feature.column;
  node.treatment = feature.treatment;
  node.threshold = static_cast<double>(document.number(border));
  if (std::isnan(node.threshold)) document.fail(ErrorKind::kData, border.at, "a border is NaN.");
  return node;
}

void check_leaves(const Document& document, const DocumentValue& value,
                  const std::vector<double>& leaves) {
  for (const double leaf : leaves) {
    if (!std::isfinite(leaf)) {
      document.fail(ErrorKind::kData, value.at, "the value of a leaf is not finite.");
    }
  }
}

class NestedTreeReader {
 public:
  NestedTreeReader(const Document& document, CatboostFeatures& features, SourceForest* forest)
      : document_(document), features_(features), forest_(forest) {}

  void read(const DocumentValue& root) {
    SourceTree tree;
    tree.nodes.emplace_back();
    // Nodes whose children are not read yet, with their places: the document's depth is bounded.
    std::vector<std::pair<const DocumentValue*, uint32_t>> open{{&root, 0}};
    uint32_t num_leaves = 0, num_splits = 0;
    while (!open.empty()) {
      const auto [value, place] = open.back();
      open.pop_back();
      document_.refuse_others(*value, kNestedKeys);
      if (document_.find(*value, "split") == nullptr) {
        tree.nodes[place] = leaf(*value, num_leaves++);
        continue;
      }
      SourceNode node = split_of(document_, document_.get(*value, "split"), features_, forest_);
      node.id = num_splits++;
      node.left = static_cast<uint32_t>(tree.nodes.size());
      node.right = node.left + 1;
      tree.nodes.resize(tree.nodes.size() + 2);
      tree.nodes[place] = node;
      open.emplace_back(&document_.get(*value, "right"), node.has_set ? node.left : node.right);
      open.emplace_back(&document_.get(*value, "left"), node.has_set ? node.right : node.left);
    }
    forest_->trees.push_back(std::move(tree));
  }

 private:
  SourceNode leaf(const DocumentValue& value, uint32_t number) {
    const DocumentValue& stated = document_.get(value, "value");
    const uint64_t width = forest_->has_vectors ? forest_->num_outputs : 1;
    DocumentValue one = stated;
    if (stated.kind == DocumentValue::Kind::kNumber) {
      one.kind = DocumentValue::Kind::kNumbers;
      one.count = 1;
    }
    const std::vector<double> values = document_.doubles(one, width);
    check_leaves(document_, stated, values);
    SourceNode node;
    node.is_leaf = true;
    node.id = number;
    node.leaf = add_catboost_leaf(values.data(), forest_);
    if (const DocumentValue* weight = document_.find(value, "weight"); weight != nullptr) {
      const auto cover = static_cast<double>(document_.number(*weight));
      node.cover = std::isfinite(cover) && cover > 0 ? cover : 0;
    }
    return node;
  }

  const Document& document_;
  CatboostFeatures& features_;
  SourceForest* forest_;
};

}  // namespace

double add_catboost_leaf(const double* values, SourceForest* forest) {
  if (!forest->has_vectors) return values[0];
  const uint64_t width = forest->num_outputs;
  const auto row = static_cast<double>(forest->vectors.size() / width);
  forest->vectors.insert(forest->vectors.end(), values, values + width);
  return row;
}

void read_symmetric_tree(const Document& document, const DocumentValue& value,
                         CatboostFeatures& features, SourceForest* forest) {
  document.refuse_others(value, kSymmetricKeys);
  const DocumentValue* stated = document.find(value, "splits");
  const bool is_constant = stated == nullptr || stated->kind == DocumentValue::Kind::kNull;
  static const std::vector<DocumentValue> kNone;
  const std::vector<DocumentValue>& splits = is_constant ? kNone : document.items(*stated);
  if (splits.size() > kMaxDepth) {
    document.fail(ErrorKind::kData, value.at,
                  "a tree has " + std::to_string(splits.size()) + " levels, expected at most " +
                      std::to_string(kMaxDepth) + ".");
  }
  const auto num_leaves = uint32_t{1} << splits.size();
  const uint64_t width = forest->has_vectors ? forest->num_outputs : 1;
  const DocumentValue& leaf_value = document.get(value, "leaf_values");
  const std::vector<double> leaves = document.doubles(leaf_value, num_leaves * width);
  check_leaves(document, leaf_value, leaves);
  std::vector<double> covers(num_leaves, 0.0);
  if (const DocumentValue* weights = document.find(value, "leaf_weights"); weights != nullptr) {
    covers = document.doubles(*weights, num_leaves);
  }
  // Level by level, the last split first, as CatBoost's own contributions take the levels: the
  // answer to split k is bit k of the leaf's number.
  SourceTree tree;
  std::vector<uint32_t> numbers{0};
  for (size_t level = 0; level < splits.size(); ++level) {
    const size_t bit = splits.size() - 1 - level;
    SourceNode node = split_of(document, splits[bit], features, forest);
    const auto first = static_cast<uint32_t>(tree.nodes.size());
    const auto count = static_cast<uint32_t>(numbers.size());
    std::vector<uint32_t> next;
    for (uint32_t i = 0; i < count; ++i) {
      node.id = first + i;
      node.left = first + count + 2 * i;
      node.right = node.left + 1;
      tree.nodes.push_back(node);
      const uint32_t yes = numbers[i] | 1u << bit;
      next.push_back(node.has_set ? yes : numbers[i]);
      next.push_back(node.has_set ? numbers[i] : yes);
    }
    numbers = std::move(next);
  }
  for (const uint32_t number : numbers) {
    SourceNode node;
    node.is_leaf = true;
    node.id = number;
    node.leaf = add_catboost_leaf(leaves.data() + number * width, forest);
    node.cover = std::isfinite(covers[number]) && covers[number] > 0 ? covers[number] : 0;
    tree.nodes.push_back(node);
  }
  forest->trees.push_back(std::move(tree));
}

void read_nested_tree(const Document& document, const DocumentValue& value,
                      CatboostFeatures& features, SourceForest* forest) {
  NestedTreeReader(document, features, forest).read(value);
}

}  // namespace mainspring

// Both shapes of CatBoost's trees become nodes with two children: a value above the border goes
// right.
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
constexpr size_t kMaxDepth = 16;

SourceNode split_of(const Document& document, const DocumentValue& split,
                    const std::vector<CatboostFeature>& features) {
  const DocumentValue& type = document.get(split, "split_type");
  if (document.text(type) != "FloatFeature") {
    document.fail(ErrorKind::kUnsupported, type.at,
                  "a split is of the type " + quoted(type.text) +
                      ", expected FloatFeature: splits by categories, texts and embeddings are not "
                      "supported. Encode them before training.");
  }
  document.refuse_others(split, kSplitKeys);
  const DocumentValue& index = document.get(split, "float_feature_index");
  const int64_t number = document.integer_in(index, 0, static_cast<int64_t>(features.size()) - 1);
  const DocumentValue& border = document.get(split, "border");
  SourceNode node;
  const CatboostFeature& feature = features[static_cast<size_t>(number)];
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
  NestedTreeReader(const Document& document, const std::vector<CatboostFeature>& features,
                   SourceForest* forest)
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
      SourceNode node = split_of(document_, document_.get(*value, "split"), features_);
      node.id = num_splits++;
      node.left = static_cast<uint32_t>(tree.nodes.size());
      node.right = node.left + 1;
      tree.nodes.resize(tree.nodes.size() + 2);
      tree.nodes[place] = node;
      open.emplace_back(&document_.get(*value, "right"), node.right);
      open.emplace_back(&document_.get(*value, "left"), node.left);
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
  const std::vector<CatboostFeature>& features_;
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
                         const std::vector<CatboostFeature>& features, SourceForest* forest) {
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
    SourceNode node = split_of(document, splits[bit], features);
    const auto first = static_cast<uint32_t>(tree.nodes.size());
    const auto count = static_cast<uint32_t>(numbers.size());
    std::vector<uint32_t> next;
    for (uint32_t i = 0; i < count; ++i) {
      node.id = first + i;
      node.left = first + count + 2 * i;
      node.right = node.left + 1;
      tree.nodes.push_back(node);
      next.push_back(numbers[i]);
      next.push_back(numbers[i] | 1u << bit);
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
                      const std::vector<CatboostFeature>& features, SourceForest* forest) {
  NestedTreeReader(document, features, forest).read(value);
}

}  // namespace mainspring

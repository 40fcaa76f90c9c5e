// XGBoost's document to a forest. What the fields mean was read off the library's source; every
// rule is compared bit for bit with its own predict in tests/models.
#include "fit/importers/xgboost.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fit/importers/class_labels.hpp"
#include "fit/importers/document.hpp"
#include "fit/importers/text_fields.hpp"
#include "fit/importers/write_forest.hpp"
#include "fit/importers/xgboost_objective.hpp"
#include "fit/importers/xgboost_tree.hpp"

namespace mainspring {

namespace {

constexpr std::array<std::string_view, 2> kDocumentKeys{"learner", "version"};
constexpr std::array<std::string_view, 6> kLearnerKeys{"attributes",          "feature_names",
                                                       "feature_types",       "gradient_booster",
                                                       "learner_model_param", "objective"};
constexpr std::array<std::string_view, 5> kShapeKeys{"base_score", "boost_from_average",
                                                     "num_class", "num_feature", "num_target"};
constexpr std::array<std::string_view, 4> kBoosterKeys{"gbtree", "model", "name", "weight_drop"};
constexpr std::array<std::string_view, 6> kModelKeys{
    "cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees", "weight_drop"};
constexpr std::array<std::string_view, 2> kTreeParameterKeys{"num_parallel_tree", "num_trees"};
constexpr int64_t kMaxTrees = int64_t{1} << 28;

class XgboostReader {
 public:
  XgboostReader(std::string_view bytes, std::string_view subject) : document_(bytes, subject) {}

  ModelImage read() {
    document_.refuse_others(document_.root(), kDocumentKeys);
    const DocumentValue& learner = document_.object(document_.root(), "learner", kLearnerKeys);
    read_shape(document_.object(learner, "learner_model_param", kShapeKeys));
    const DocumentValue& parameters = document_.get(learner, "learner_model_param");
    const DocumentValue& objective = document_.get(learner, "objective");
    const XgboostLabels labels = read_xgboost_objective(
        document_, objective, document_.get(parameters, "base_score"), &forest_);
    read_feature_names(document_.find(learner, "feature_names"));
    read_booster(learner);
    image_.section = write_forest(forest_);
    image_.kind = "forest";
    image_.link = link_name(forest_.link);
    image_.num_outputs = forest_.num_outputs;
    image_.num_classes = forest_.num_classes;
    image_.num_trees = static_cast<uint32_t>(forest_.trees.size());
    image_.description =
        "XGBoost boosting, objective " + quoted(document_.text(document_.get(objective, "name"))) +
        ", " + std::to_string(image_.num_trees) + (image_.num_trees == 1 ? " tree" : " trees");
    return labels == XgboostLabels::kNone ? std::move(image_) : with_numbers(std::move(image_));
  }

 private:
  /// Classes are called 0.0, 1.0 and so on, and are chosen before any link.
  static ModelImage with_numbers(ModelImage image) {
    ClassLabels labels;
    labels.type = LabelType::kFloat;
    for (uint32_t i = 0; i < image.num_classes; ++i) {
      labels.words.push_back(std::bit_cast<uint64_t>(static_cast<double>(i)));
    }
    return with_labels(std::move(image), labels, Decision::kRaw, 0);
  }

  void read_shape(const DocumentValue& parameters) {
    forest_.sum = ForestSum::kFloatInTreeOrder;
    forest_.input = ForestInput::kRoundedToFloat;
    forest_.num_features = static_cast<uint32_t>(
        document_.integer_in(document_.get(parameters, "num_feature"), 1, kMaxModelFeatures));
    const int64_t num_class =
        document_.integer_in(document_.get(parameters, "num_class"), 0, kMaxModelOutputs);
    const DocumentValue* target = document_.find(parameters, "num_target");
    const int64_t num_target =
        target == nullptr ? 1 : document_.integer_in(*target, 1, kMaxModelOutputs);
    if (num_class > 1 && num_target > 1) {
      document_.fail(ErrorKind::kData, parameters.at,
                     "the model has num_class " + std::to_string(num_class) + " and num_target " +
                         std::to_string(num_target) + ", expected one of them to be 1.");
    }
    forest_.num_outputs = static_cast<uint32_t>(std::max({int64_t{1}, num_class, num_target}));
  }

  /// Models that were trained on a matrix have no names.
  void read_feature_names(const DocumentValue* value) {
    if (value == nullptr || document_.items(*value).empty()) {
      for (uint32_t i = 0; i < forest_.num_features; ++i) {
        image_.feature_names.push_back("Column_" + std::to_string(i));
      }
      return;
    }
    const std::vector<DocumentValue>& items = document_.items(*value);
    if (items.size() != forest_.num_features) {
      document_.fail(ErrorKind::kData, value->at,
                     "feature_names has " + std::to_string(items.size()) +
                         " names, expected num_feature, " + std::to_string(forest_.num_features) +
                         ".");
    }
    std::unordered_set<std::string_view> seen;
    for (const DocumentValue& item : items) {
      const std::string& name = document_.text(item);
      if (!is_utf8(name)) document_.fail(ErrorKind::kData, item.at, "a feature name is not UTF-8.");
      if (name.empty()) document_.fail(ErrorKind::kData, item.at, "a feature name is empty.");
      if (!seen.insert(name).second) {
        document_.fail(ErrorKind::kData, item.at,
                       "the feature name " + quoted(name) + " is there twice.");
      }
      image_.feature_names.push_back(name);
    }
  }

  void read_booster(const DocumentValue& learner) {
    const DocumentValue& booster = document_.get(learner, "gradient_booster");
    const DocumentValue& name = document_.get(booster, "name");
    if (document_.text(name) == "gbtree") {
      document_.refuse_others(booster, kBoosterKeys);
      read_trees(booster, document_.find(booster, "weight_drop"));
    } else if (document_.text(name) == "dart") {
      document_.refuse_others(booster, kBoosterKeys);
      const DocumentValue& inner = document_.object(booster, "gbtree", kBoosterKeys);
      read_trees(inner, document_.find(booster, "weight_drop"));
    } else {
      document_.fail(ErrorKind::kUnsupported, name.at,
                     "the booster is " + quoted(document_.text(name)) +
                         ", expected gbtree or dart; others are not supported.");
    }
  }

  void read_trees(const DocumentValue& booster, const DocumentValue* weight_value) {
    const DocumentValue& model = document_.object(booster, "model", kModelKeys);
    const DocumentValue& parameters =
        document_.object(model, "gbtree_model_param", kTreeParameterKeys);
    const auto num_trees = static_cast<uint64_t>(
        document_.integer_in(document_.get(parameters, "num_trees"), 0, kMaxTrees));
    const DocumentValue& tree_list = document_.get(model, "trees");
    const std::vector<DocumentValue>& trees = document_.items(tree_list);
    if (trees.size() != num_trees) {
      document_.fail(ErrorKind::kData, tree_list.at,
                     "the model has " + std::to_string(trees.size()) + " trees, expected " +
                         std::to_string(num_trees) + " as num_trees says.");
    }
    const DocumentValue& group_value = document_.get(model, "tree_info");
    const std::vector<int64_t> groups = document_.integers(group_value, num_trees);
    if (weight_value == nullptr) weight_value = document_.find(model, "weight_drop");
    std::vector<float> weights(num_trees, 1.0f);
    if (weight_value != nullptr) {
      const std::vector<float> dropped = document_.floats(*weight_value, Document::kAnyCount);
      if (!dropped.empty() && dropped.size() != num_trees) {
        document_.fail(ErrorKind::kData, weight_value->at,
                       "weight_drop has " + std::to_string(dropped.size()) +
                           " numbers, expected one for each of " + std::to_string(num_trees) +
                           " trees.");
      }
      if (!dropped.empty()) weights = dropped;
    }
    if (num_trees != 0) forest_.has_vectors = has_vector_leaves(trees[0]);
    uint64_t num_nodes = 0;
    for (uint64_t i = 0; i < num_trees; ++i) {
      if (groups[i] < 0 || groups[i] >= forest_.num_outputs) {
        document_.fail(ErrorKind::kData, group_value.at,
                       "tree " + std::to_string(i) + " adds to output " +
                           std::to_string(groups[i]) + " of " +
                           std::to_string(forest_.num_outputs) + ".");
      }
      const auto output = static_cast<uint32_t>(forest_.has_vectors ? 0 : groups[i]);
      read_xgboost_tree(document_, trees[i], output, weights[i], &forest_);
      num_nodes += forest_.trees.back().nodes.size();
      if (num_nodes >= uint64_t{1} << 31) {
        document_.fail(ErrorKind::kUnsupported, trees[i].at, "the model has more than 2^31 nodes.");
      }
    }
    read_categories(document_.find(model, "cats"));
  }

  bool has_vector_leaves(const DocumentValue& tree) const {
    const DocumentValue& width =
        document_.get(document_.get(tree, "tree_param"), "size_leaf_vector");
    return document_.integer_in(width, 0, kMaxModelOutputs) > 1;
  }

  /// Since 3.1 a model keeps the categories of the data frame that it was trained on.
  void read_categories(const DocumentValue* value) {
    if (value == nullptr) return;
    const DocumentValue* columns = document_.find(*value, "enc");
    if (columns == nullptr) return;
    for (const DocumentValue& column : document_.items(*columns)) {
      const DocumentValue* values = document_.find(column, "values");
      if (values != nullptr && (values->count != 0 || !values->items.empty())) {
        image_.pandas_categorical = "xgboost";
      }
    }
  }

  Document document_;
  ModelImage image_;
  SourceForest forest_;
};

}  // namespace

ModelImage read_xgboost(std::string_view bytes, std::string_view subject) {
  return XgboostReader(bytes, subject).read();
}

}  // namespace mainspring

// CatBoost's JSON to a forest. Leaves are added as doubles in the order of the trees and the bias
// comes last, which a tree of one leaf says; compared bit for bit with its own predict in
// tests/models.
#include "fit/importers/catboost.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fit/importers/catboost_tree.hpp"
#include "fit/importers/class_labels.hpp"
#include "fit/importers/classes.hpp"
#include "fit/importers/document.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

constexpr std::array<std::string_view, 5> kRootKeys{"features_info", "model_info",
                                                    "oblivious_trees", "scale_and_bias", "trees"};
constexpr std::array<std::string_view, 7> kInfoKeys{
    "catboost_version_info", "class_params", "model_guid", "output_options", "params",
    "train_finish_time",     "training"};

struct Loss {
  std::string_view name;
  Link link;
  Classes classes;
};

constexpr std::array<Loss, 25> kLosses{{
    {"RMSE", Link::kIdentity, Classes::kNone},
    {"MAE", Link::kIdentity, Classes::kNone},
    {"Quantile", Link::kIdentity, Classes::kNone},
    {"MultiQuantile", Link::kIdentity, Classes::kNone},
    {"MAPE", Link::kIdentity, Classes::kNone},
    {"Lq", Link::kIdentity, Classes::kNone},
    {"Huber", Link::kIdentity, Classes::kNone},
    {"Expectile", Link::kIdentity, Classes::kNone},
    {"LogCosh", Link::kIdentity, Classes::kNone},
    {"MultiRMSE", Link::kIdentity, Classes::kNone},
    {"MultiRMSEWithMissingValues", Link::kIdentity, Classes::kNone},
    {"Poisson", Link::kExp, Classes::kNone},
    {"Tweedie", Link::kExp, Classes::kNone},
    {"Logloss", Link::kSigmoid, Classes::kTwo},
    {"CrossEntropy", Link::kSigmoid, Classes::kNone},
    {"MultiClass", Link::kSoftmax, Classes::kMany},
    {"MultiClassOneVsAll", Link::kSigmoid, Classes::kMany},
    {"YetiRank", Link::kIdentity, Classes::kNone},
    {"YetiRankPairwise", Link::kIdentity, Classes::kNone},
    {"PairLogit", Link::kIdentity, Classes::kNone},
    {"PairLogitPairwise", Link::kIdentity, Classes::kNone},
    {"QueryRMSE", Link::kIdentity, Classes::kNone},
    {"QuerySoftMax", Link::kIdentity, Classes::kNone},
    {"StochasticRank", Link::kIdentity, Classes::kNone},
    {"LambdaMart", Link::kIdentity, Classes::kNone},
}};

class CatboostReader {
 public:
  CatboostReader(std::string_view bytes, std::string_view subject) : document_(bytes, subject) {}

  ModelImage read() {
    const DocumentValue& root = document_.root();
    if (document_.find(root, "ctr_data") != nullptr) refuse_features(root.at);
    document_.refuse_others(root, kRootKeys);
    forest_.input = ForestInput::kRoundedToFloat;
    read_features(document_.get(root, "features_info"));
    const std::vector<double> biases = read_biases(document_.get(root, "scale_and_bias"));
    const DocumentValue& info = document_.object(root, "model_info", kInfoKeys);
    const DocumentValue& loss =
        document_.get(document_.get(document_.get(info, "params"), "loss_function"), "type");
    read_loss(loss);
    read_trees(root);
    const auto num_trees = static_cast<uint32_t>(forest_.trees.size());
    add_biases(biases);
    image_.section = write_forest(forest_);
    image_.kind = "forest";
    image_.link = link_name(forest_.link);
    image_.num_outputs = forest_.num_outputs;
    image_.num_classes = forest_.num_classes;
    image_.num_trees = num_trees;
    image_.description = "CatBoost boosting, loss " + quoted(document_.text(loss)) + ", " +
                         std::to_string(num_trees) + (num_trees == 1 ? " tree" : " trees");
    if (forest_.num_classes == 0) return std::move(image_);
    return labelled(document_.get(info, "class_params"));
  }

 private:
  [[noreturn]] void refuse_features(uint64_t at) const {
    document_.fail(ErrorKind::kUnsupported, at,
                   "the model has statistics of categories (CTRs), or features of texts or "
                   "embeddings, which are not supported. Encode them before training, as ordinal() "
                   "or target_mean() do, or let one_hot_max_size cover all categories.");
  }

  void read_features(const DocumentValue& info) {
    constexpr std::array<std::string_view, 3> kRead{"float_features", "categorical_features",
                                                    "cat_features_hash"};
    for (size_t i = 0; i < info.keys.size(); ++i) {
      const DocumentValue& others = info.items[i];
      if (std::find(kRead.begin(), kRead.end(), info.keys[i]) != kRead.end()) continue;
      if (!others.items.empty() || others.count != 0) refuse_features(others.at);
    }
    if (const DocumentValue* items = document_.find(info, "float_features"); items != nullptr) {
      for (const DocumentValue& item : document_.items(*items)) {
        features_.numbers.push_back({add_column(item), treatment(item)});
      }
    }
    if (const DocumentValue* items = document_.find(info, "categorical_features");
        items != nullptr) {
      read_categories(*items, document_.find(info, "cat_features_hash"));
    }
    if (names_.empty()) document_.fail(ErrorKind::kData, info.at, "the model has no features.");
    for (uint32_t column = 0; auto& [number, name] : names_) {
      if (number != column++) {
        document_.fail(ErrorKind::kData, info.at,
                       "feature " + std::to_string(column - 1) + " is not there.");
      }
      image_.feature_names.push_back(std::move(name));
    }
    forest_.num_features = static_cast<uint32_t>(names_.size());
  }

  /// The feature's column; its name is kept.
  uint32_t add_column(const DocumentValue& item) {
    const DocumentValue& flat = document_.get(item, "flat_feature_index");
    const auto column = static_cast<uint32_t>(document_.integer_in(flat, 0, kMaxModelFeatures - 1));
    const auto [place, is_new] = names_.try_emplace(column);
    if (!is_new) {
      document_.fail(ErrorKind::kData, flat.at,
                     "two features are column " + std::to_string(column) + ".");
    }
    const DocumentValue* id = document_.find(item, "feature_id");
    std::string name = id == nullptr ? std::string() : document_.text(*id);
    if (name.empty()) name = "Column_" + std::to_string(column);
    if (!is_utf8(name) || !different_names_.insert(name).second) {
      document_.fail(ErrorKind::kData, item.at,
                     "the feature name " + quoted(name) + " is there twice or not UTF-8.");
    }
    place->second = std::move(name);
    return column;
  }

  void read_categories(const DocumentValue& items, const DocumentValue* texts) {
    const auto hash_of = [&](const DocumentValue& value) {
      return static_cast<uint32_t>(document_.integer_in(value, INT32_MIN, UINT32_MAX));
    };
    for (const DocumentValue& item : document_.items(items)) {
      features_.columns.push_back(add_column(item));
      const DocumentValue* values = document_.find(item, "values");
      if (values == nullptr) continue;
      for (const int64_t hash : document_.integers(*values, Document::kAnyCount)) {
        features_.categories.expect(static_cast<uint32_t>(hash));
      }
    }
    if (texts != nullptr) {
      for (const DocumentValue& entry : document_.items(*texts)) {
        features_.categories.name(hash_of(document_.get(entry, "hash")),
                                  document_.text(document_.get(entry, "value")));
      }
    }
    features_.categories.find_numbers();
  }

  ForestTreatment treatment(const DocumentValue& item) const {
    const DocumentValue* stated = document_.find(item, "nan_value_treatment");
    if (stated == nullptr || document_.text(*stated) == "AsIs" || stated->text == "AsFalse") {
      return ForestTreatment::kNanLeft;  // NaN is above no border
    }
    if (stated->text != "AsTrue") {
      document_.fail(
          ErrorKind::kUnsupported, stated->at,
          "nan_value_treatment is " + quoted(stated->text) + ", expected AsIs, AsFalse or AsTrue.");
    }
    return ForestTreatment::kNanRight;
  }

  /// [scale, [bias, ...]], and before 1.0 [scale, bias].
  std::vector<double> read_biases(const DocumentValue& value) {
    std::vector<double> numbers;
    if (value.kind == DocumentValue::Kind::kNumbers) {
      numbers = document_.doubles(value, 2);
    } else {
      const std::vector<DocumentValue>& items = document_.items(value);
      if (items.size() != 2) {
        document_.fail(ErrorKind::kData, value.at, "expected a scale and a list of biases.");
      }
      numbers.push_back(static_cast<double>(document_.number(items[0])));
      for (const double bias : document_.doubles(items[1], Document::kAnyCount)) {
        numbers.push_back(bias);
      }
    }
    if (numbers[0] != 1) {
      document_.fail(ErrorKind::kUnsupported, value.at,
                     "the model has a scale other than 1. Call set_scale_and_bias(1, bias).");
    }
    numbers.erase(numbers.begin());
    for (const double bias : numbers) {
      if (!std::isfinite(bias)) document_.fail(ErrorKind::kData, value.at, "a bias is not finite.");
    }
    if (numbers.empty() || numbers.size() > kMaxModelOutputs) {
      document_.fail(ErrorKind::kData, value.at,
                     "the model has " + std::to_string(numbers.size()) + " biases, expected 1 to " +
                         std::to_string(kMaxModelOutputs) + ".");
    }
    forest_.num_outputs = static_cast<uint32_t>(numbers.size());
    forest_.has_vectors = numbers.size() > 1;
    return numbers;
  }

  void read_loss(const DocumentValue& value) {
    const std::string& name = document_.text(value);
    const auto* loss = std::find_if(kLosses.begin(), kLosses.end(),
                                    [&](const Loss& entry) { return entry.name == name; });
    if (loss == kLosses.end()) {
      document_.fail(ErrorKind::kUnsupported, value.at,
                     "the loss " + quoted(name) + " is not known.");
    }
    if ((loss->classes == Classes::kTwo && forest_.num_outputs != 1) ||
        (loss->classes == Classes::kMany && forest_.num_outputs < 2)) {
      document_.fail(ErrorKind::kData, value.at,
                     "the loss " + quoted(name) + " does not go with " +
                         std::to_string(forest_.num_outputs) + " outputs.");
    }
    forest_.link = loss->link;
    if (loss->classes == Classes::kTwo) forest_.num_classes = 2;
    if (loss->classes == Classes::kMany) forest_.num_classes = forest_.num_outputs;
  }

  void read_trees(const DocumentValue& root) {
    const DocumentValue* symmetric = document_.find(root, "oblivious_trees");
    const DocumentValue& trees = symmetric != nullptr ? *symmetric : document_.get(root, "trees");
    uint64_t num_nodes = 0;
    for (const DocumentValue& tree : document_.items(trees)) {
      if (symmetric != nullptr) {
        read_symmetric_tree(document_, tree, features_, &forest_);
      } else {
        read_nested_tree(document_, tree, features_, &forest_);
      }
      num_nodes += forest_.trees.back().nodes.size();
      if (num_nodes >= uint64_t{1} << 31) {
        document_.fail(ErrorKind::kUnsupported, tree.at, "the model has more than 2^31 nodes.");
      }
    }
  }

  void add_biases(const std::vector<double>& biases) {
    if (std::all_of(biases.begin(), biases.end(), [](double bias) { return bias == 0; })) return;
    SourceTree tree;
    SourceNode node;
    node.is_leaf = true;
    node.id = kForestBaseId;
    node.leaf = add_catboost_leaf(biases.data(), &forest_);
    tree.nodes.push_back(node);
    forest_.trees.push_back(std::move(tree));
  }

  ModelImage labelled(const DocumentValue& classes) {
    const DocumentValue& type = document_.get(classes, "class_label_type");
    const DocumentValue& names = document_.get(classes, "class_names");
    ClassLabels labels;
    if (document_.text(type) == "String") {
      labels.type = LabelType::kText;
      for (const DocumentValue& item : document_.items(names)) {
        labels.texts.push_back(document_.text(item));
      }
    } else if (type.text == "Float") {
      labels.type = LabelType::kFloat;
      for (const double label : document_.doubles(names, Document::kAnyCount)) {
        labels.words.push_back(std::bit_cast<uint64_t>(label));
      }
    } else if (type.text == "Integer" || type.text == "Boolean") {
      labels.type = type.text == "Integer" ? LabelType::kInteger : LabelType::kBool;
      for (const int64_t label : document_.integers(names, Document::kAnyCount)) {
        labels.words.push_back(std::bit_cast<uint64_t>(label));
      }
    } else {
      document_.fail(ErrorKind::kUnsupported, type.at,
                     "class_label_type " + quoted(type.text) + " is not known.");
    }
    const size_t count = labels.texts.size() + labels.words.size();
    if (count != image_.num_classes) {
      document_.fail(ErrorKind::kData, names.at,
                     "class_names has " + std::to_string(count) + " names, expected " +
                         std::to_string(image_.num_classes) + ".");
    }
    return with_labels(std::move(image_), labels, Decision::kRaw, 0);
  }

  Document document_;
  ModelImage image_;
  SourceForest forest_;
  CatboostFeatures features_;
  std::map<uint32_t, std::string> names_;  // by column
  std::set<std::string> different_names_;
};

}  // namespace

ModelImage read_catboost(std::string_view bytes, std::string_view subject) {
  return CatboostReader(bytes, subject).read();
}

}  // namespace mainspring

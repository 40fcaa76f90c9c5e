// LightGBM's text to a forest. What the format means was read off the library's behaviour: every
// rule below is compared bit for bit with its own predict in tests/models.
#include "fit/importers/lightgbm.hpp"

#include <array>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fit/importers/lightgbm_objective.hpp"
#include "fit/importers/lightgbm_tree.hpp"
#include "fit/importers/text_fields.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

namespace {

constexpr std::array<std::string_view, 11> kHeaderKeys{
    "version",         "num_class",  "num_tree_per_iteration", "label_index",
    "max_feature_idx", "objective",  "feature_names",          "monotone_constraints",
    "feature_infos",   "tree_sizes", "average_output"};
constexpr std::array<std::string_view, 18> kTreeKeys{
    "num_leaves",    "num_cat",        "split_feature",   "split_gain",     "threshold",
    "decision_type", "left_child",     "right_child",     "leaf_value",     "leaf_weight",
    "leaf_count",    "internal_value", "internal_weight", "internal_count", "cat_boundaries",
    "cat_threshold", "is_linear",      "shrinkage"};
constexpr std::array<std::string_view, 4> kLinearKeys{"leaf_const", "num_features", "leaf_features",
                                                      "leaf_coeff"};

template <size_t N>
bool is_one_of(std::string_view key, const std::array<std::string_view, N>& keys) {
  for (const std::string_view known : keys) {
    if (key == known) return true;
  }
  return false;
}

class LightgbmReader {
 public:
  LightgbmReader(std::string_view text, std::string_view subject) : text_(text, subject) {}

  ModelImage read() {
    TextLine line = read_header();
    while (line.key == "Tree") line = read_tree(line);
    const uint64_t end = line.number;
    read_rest();
    finish(end);
    return std::move(image_);
  }

 private:
  /// Returns the first line behind the header.
  TextLine read_header() {
    TextLine line;
    if (!text_.next(&line) || line.text != "tree") {
      text_.fail(ErrorKind::kUnsupported, 1,
                 "found " + quoted(line.text) +
                     ", expected 'tree': this is not the text of a LightGBM model. Pass the file "
                     "that Booster.save_model wrote.");
    }
    FieldBlock header(text_, "The header");
    for (;;) {
      if (!text_.next(&line)) truncated();
      if (line.text.empty()) continue;
      if (line.text == "average_output") line.key = line.text;
      if (line.key == "Tree" || line.text == "end of trees") break;
      if (!is_one_of(line.key, kHeaderKeys)) unknown(line);
      header.add(line);
    }
    read_shape(header);
    read_feature_names(header);
    return line;
  }

  void read_shape(const FieldBlock& header) {
    const TextLine& version = header.get("version");
    if (version.value != "v3" && version.value != "v4") {
      text_.fail(ErrorKind::kUnsupported, version.number,
                 "the format version is " + quoted(version.value) +
                     ", expected v3 or v4. Load and save the model with LightGBM 3 or 4.");
    }
    const int64_t num_class = text_.integer_in(header.get("num_class"), 1, kMaxModelOutputs);
    const TextLine& per_iteration = header.get("num_tree_per_iteration");
    forest_.num_outputs =
        static_cast<uint32_t>(text_.integer_in(per_iteration, 1, kMaxModelOutputs));
    if (num_class != static_cast<int64_t>(forest_.num_outputs)) {
      text_.fail(ErrorKind::kData, per_iteration.number,
                 "num_tree_per_iteration is " + std::to_string(forest_.num_outputs) +
                     ", expected num_class, " + std::to_string(num_class) + ".");
    }
    forest_.num_features = static_cast<uint32_t>(
        text_.integer_in(header.get("max_feature_idx"), 0, kMaxModelFeatures - 1) + 1);
    averages_ = header.find("average_output") != nullptr;
    const TextLine* objective = header.find("objective");
    objective_ = objective != nullptr ? std::string(objective->value) : "none";
    read_lightgbm_objective(text_, objective, &forest_);
    if (const TextLine* sizes = header.find("tree_sizes"); sizes != nullptr) {
      expected_trees_ = split_blanks(sizes->value).size();
    }
  }

  void read_feature_names(const FieldBlock& header) {
    const TextLine& line = header.get("feature_names");
    const std::vector<std::string_view> names = split_blanks(line.value);
    if (names.size() != forest_.num_features) {
      text_.fail(ErrorKind::kData, line.number,
                 "feature_names has " + std::to_string(names.size()) +
                     " names, expected max_feature_idx + 1 = " +
                     std::to_string(forest_.num_features) + ".");
    }
    std::unordered_set<std::string_view> seen;
    for (const std::string_view name : names) {
      if (!is_utf8(name)) {
        text_.fail(ErrorKind::kData, line.number,
                   "the feature name " + quoted(name) + " is not UTF-8.");
      }
      if (!seen.insert(name).second) {
        text_.fail(ErrorKind::kData, line.number,
                   "the feature name " + quoted(name) + " is there twice.");
      }
      image_.feature_names.emplace_back(name);
    }
  }

  /// Returns the first line behind the tree.
  TextLine read_tree(const TextLine& first) {
    const uint64_t number = forest_.trees.size();
    if (text_.integer(first, first.value) != static_cast<int64_t>(number)) {
      text_.fail(
          ErrorKind::kData, first.number,
          "found tree " + quoted(first.value) + ", expected tree " + std::to_string(number) + ".");
    }
    FieldBlock block(text_, "Tree " + std::to_string(number));
    TextLine line;
    for (;;) {
      if (!text_.next(&line)) truncated();
      if (line.text.empty()) continue;
      if (line.key == "Tree" || line.text == "end of trees") break;
      if (is_one_of(line.key, kLinearKeys)) linear(line);
      if (!is_one_of(line.key, kTreeKeys)) unknown(line);
      block.add(line);
    }
    if (const TextLine* is_linear = block.find("is_linear");
        is_linear != nullptr && is_linear->value != "0") {
      linear(*is_linear);
    }
    read_lightgbm_tree(text_, block, &forest_);
    num_nodes_ += forest_.trees.back().nodes.size();
    if (num_nodes_ >= uint64_t{1} << 31) {
      text_.fail(ErrorKind::kUnsupported, first.number, "the model has more than 2^31 nodes.");
    }
    return line;
  }

  /// What follows the trees changes no prediction; it must be complete, though.
  void read_rest() {
    TextLine line;
    bool in_parameters = false;
    constexpr std::string_view kPandas = "pandas_categorical:";
    while (text_.next(&line)) {
      if (line.text == "parameters:") in_parameters = true;
      if (line.text == "end of parameters") in_parameters = false;
      if (line.text.starts_with(kPandas)) {
        const std::string_view json = line.text.substr(kPandas.size());
        if (!is_utf8(json)) {
          text_.fail(ErrorKind::kData, line.number, "pandas_categorical is not UTF-8.");
        }
        if (json != "null" && json != "[]") image_.pandas_categorical = json;
      }
    }
    if (in_parameters) truncated();
  }

  void finish(uint64_t end_line) {
    const uint64_t num_trees = forest_.trees.size();
    if (expected_trees_ != kUnknown && expected_trees_ != num_trees) {
      text_.fail(ErrorKind::kData, end_line,
                 "the model has " + std::to_string(num_trees) + " trees, expected " +
                     std::to_string(expected_trees_) + " as tree_sizes says.");
    }
    if (num_trees % forest_.num_outputs != 0) {
      text_.fail(ErrorKind::kData, end_line,
                 "the model has " + std::to_string(num_trees) +
                     " trees, expected a multiple of num_tree_per_iteration, " +
                     std::to_string(forest_.num_outputs) + ".");
    }
    if (averages_) {
      if (num_trees == 0) {
        text_.fail(ErrorKind::kUnsupported, end_line,
                   "a random forest without trees has no average.");
      }
      forest_.link_divisor = static_cast<double>(num_trees / forest_.num_outputs);
    }
    image_.section = write_forest(forest_);
    image_.kind = "forest";
    image_.link = link_name(forest_.link);
    image_.num_outputs = forest_.num_outputs;
    image_.num_classes = forest_.num_classes;
    image_.num_trees = static_cast<uint32_t>(num_trees);
    image_.description = "LightGBM " + std::string(averages_ ? "random forest" : "boosting") +
                         ", objective " + quoted(objective_) + ", " + std::to_string(num_trees) +
                         (num_trees == 1 ? " tree" : " trees");
  }

  [[noreturn]] void truncated() const {
    text_.fail(ErrorKind::kData, text_.line_number(),
               "the text ends in the middle of the model. Save the model again.");
  }
  [[noreturn]] void unknown(const TextLine& line) const {
    text_.fail(ErrorKind::kUnsupported, line.number,
               quoted(line.key.empty() ? line.text : line.key) +
                   " is not a field of format v3 or v4; it could change predictions.");
  }
  [[noreturn]] void linear(const TextLine& line) const {
    text_.fail(ErrorKind::kUnsupported, line.number,
               "the model has linear leaves (linear_tree), which are not supported. Train with "
               "linear_tree=False.");
  }

  static constexpr uint64_t kUnknown = ~uint64_t{0};

  TextFields text_;
  ModelImage image_;
  SourceForest forest_;
  std::string objective_;
  bool averages_ = false;
  uint64_t num_nodes_ = 0;
  uint64_t expected_trees_ = kUnknown;
};

}  // namespace

ModelImage read_lightgbm(std::string_view text, std::string_view subject) {
  return LightgbmReader(text, subject).read();
}

}  // namespace mainspring

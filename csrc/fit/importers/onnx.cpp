// From an ONNX graph to a model: finds the path from the features to the scores, reads its nodes in
// order, and puts together what they made.
#include "fit/importers/onnx.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fit/importers/onnx_scores.hpp"
#include "fit/importers/text_fields.hpp"
#include "fit/importers/write_composite.hpp"

namespace mainspring {

namespace {

constexpr int64_t kNewestOpset = 26;
constexpr int64_t kNewestTreeOpset = 5;

/// A node on the way to a value, and which of its outputs is meant.
struct Step {
  const OnnxNode* node;
  size_t output;
};

/// From the features on; `value` is what it gives.
struct Path {
  std::string value;
  std::vector<Step> steps;
};

class OnnxReader {
 public:
  OnnxReader(std::string_view bytes, std::string_view subject)
      : graph_(read_onnx_graph(bytes, subject)) {}

  ModelImage read() {
    check_opsets();
    read_input();
    for (const OnnxNode& node : graph_.nodes) {
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i].empty()) continue;
        if (!makers_.emplace(node.outputs[i], Step{&node, i}).second) {
          graph_.fail(ErrorKind::kData, node, "its output is made twice.");
        }
      }
    }
    const Path scores = path_of_scores();
    for (size_t i = 0; i < scores.steps.size(); ++i) read_step(scores.steps, i);
    read_chosen_labels(scores);
    return finished();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    graph_.fail(ErrorKind::kUnsupported, what);
  }

  void check_opsets() const {
    for (const OnnxNode& node : graph_.nodes) {
      if (graph_.opsets.contains(node.domain)) continue;
      graph_.fail(
          ErrorKind::kData, node,
          "the model states no operator set for its domain. The file is cut off or damaged.");
    }
    for (const auto& [domain, version] : graph_.opsets) {
      const int64_t newest = domain.empty()           ? kNewestOpset
                             : domain == "ai.onnx.ml" ? kNewestTreeOpset
                                                      : INT64_MAX;
      if (version < 1 || version > newest) {
        refuse("operator set " + std::to_string(version) + " of " +
               quoted(domain.empty() ? "ai.onnx" : domain) + " is not known; expected at most " +
               std::to_string(newest) + ".");
      }
    }
  }

  void read_input() {
    if (graph_.inputs.size() != 1) {
      std::string names;
      for (size_t i = 0; i < graph_.inputs.size() && i < 5; ++i) {
        names += (i == 0 ? "" : ", ") + quoted(graph_.inputs[i].name);
      }
      refuse("the graph has " + std::to_string(graph_.inputs.size()) + " inputs (" + names +
             "), expected one matrix of features.");
    }
    const OnnxValue& input = graph_.inputs.front();
    const auto type = static_cast<OnnxType>(input.type);
    if (type != OnnxType::kFloat && type != OnnxType::kDouble && type != OnnxType::kInt64 &&
        type != OnnxType::kInt32) {
      refuse("the input " + quoted(input.name) + " is no tensor of float, double, int32 or int64.");
    }
    scores_.is_double = type == OnnxType::kDouble;
    scores_.needs_cast = type == OnnxType::kInt64 || type == OnnxType::kInt32;
    if (input.dims.size() > 2) {
      refuse("the input has " + std::to_string(input.dims.size()) + " dimensions, expected 2.");
    }
    const int64_t width = input.dims.size() == 2 ? input.dims[1] : -1;
    if (width == 0 || width > int64_t{kMaxModelFeatures}) {
      graph_.fail(ErrorKind::kData, "the input has " + std::to_string(width) + " columns.");
    }
    if (width > 0) scores_.num_features = scores_.width = static_cast<uint64_t>(width);
  }

  bool is_constant(const std::string& value) const {
    return value.empty() || graph_.tensors.contains(value);
  }

  /// x of x * Sigmoid(x), which is what SiLU becomes; nothing otherwise.
  std::optional<std::string> silu_input(const OnnxNode& node) const {
    if (node.op != "Mul" || !node.domain.empty() || node.inputs.size() != 2) return std::nullopt;
    for (size_t i = 0; i < 2; ++i) {
      const auto maker = makers_.find(node.inputs[i]);
      if (maker == makers_.end()) continue;
      const OnnxNode& sigmoid = *maker->second.node;
      if (sigmoid.op == "Sigmoid" && sigmoid.domain.empty() && sigmoid.inputs.size() == 1 &&
          sigmoid.inputs[0] == node.inputs[1 - i]) {
        return sigmoid.inputs[0];
      }
    }
    return std::nullopt;
  }

  /// The one value that a node reads and that changes with the row.
  std::string data_input(const OnnxNode& node) const {
    if (const auto input = silu_input(node)) return *input;
    std::string found;
    for (const std::string& input : node.inputs) {
      if (is_constant(input) || input == found) continue;
      if (!found.empty()) {
        graph_.fail(ErrorKind::kUnsupported, node,
                    "it reads two values that change with the row, " + quoted(found) + " and " +
                        quoted(input) + "; only chains are read.");
      }
      found = input;
    }
    if (found.empty()) graph_.fail(ErrorKind::kUnsupported, node, "it reads constants only.");
    return found;
  }

  Path path_to(const std::string& value) const {
    Path path{value, {}};
    std::string at = value;
    while (at != graph_.inputs.front().name) {
      const auto maker = makers_.find(at);
      if (maker == makers_.end()) {
        graph_.fail(ErrorKind::kData, "no node makes the value " + quoted(at) + ".");
      }
      if (path.steps.size() > graph_.nodes.size()) {
        graph_.fail(ErrorKind::kData, *maker->second.node, "the graph has a cycle.");
      }
      path.steps.push_back(maker->second);
      at = data_input(*maker->second.node);
    }
    std::reverse(path.steps.begin(), path.steps.end());
    return path;
  }

  /// Whether the path leads to labels rather than scores.
  static bool gives_labels(const Path& path) {
    for (const Step& step : path.steps) {
      const bool names_classes =
          step.node->domain == "ai.onnx.ml" &&
          is_any(step.node->op, {"LinearClassifier", "TreeEnsembleClassifier"});
      if ((names_classes && step.output == 0) || step.node->op == "ArgMax") return true;
    }
    return false;
  }

  Path path_of_scores() {
    std::optional<Path> found;
    for (const OnnxValue& output : graph_.outputs) {
      Path path = path_to(output.name);
      if (gives_labels(path)) {
        label_paths_.push_back(std::move(path));
        continue;
      }
      if (found) {
        refuse("the graph gives " + quoted(found->value) + " and " + quoted(output.name) +
               "; expected scores of one kind, and labels.");
      }
      found = std::move(path);
    }
    if (!found) refuse("the graph gives no scores; expected an output of numbers.");
    return *found;
  }

  void read_step(const std::vector<Step>& steps, size_t number) {
    const OnnxNode& node = *steps[number].node;
    if (is_onnx_no_op(node)) {
      read_onnx_no_op(graph_, node, &scores_);
      return;
    }
    if (scores_.needs_cast) {
      graph_.fail(ErrorKind::kUnsupported, node, "it reads whole numbers; expected a Cast first.");
    }
    const bool is_last =
        std::all_of(steps.begin() + static_cast<ptrdiff_t>(number) + 1, steps.end(),
                    [](const Step& step) { return is_onnx_no_op(*step.node); });
    OnnxNode renamed;
    if (silu_input(node)) {
      renamed = node;
      renamed.op = "Silu";
    }
    const OnnxNode& read = renamed.op.empty() ? node : renamed;
    const bool names_classes = node.op == "LinearClassifier" || node.op == "TreeEnsembleClassifier";
    if (steps[number].output != (names_classes ? 1u : 0u)) {
      graph_.fail(ErrorKind::kUnsupported, node, "only its main output is read.");
    }
    if (!read_onnx_trees(graph_, read, &scores_) &&
        !read_onnx_layer(graph_, read, is_last, &scores_)) {
      graph_.fail(ErrorKind::kUnsupported, node,
                  "this operator is not read" +
                      (node.domain.empty() ? "." : " (domain " + quoted(node.domain) + ")."));
    }
  }

  /// Labels that a graph chooses itself: names at the place of the highest score.
  void read_chosen_labels(const Path& scores) {
    if (scores_.has_labels || label_paths_.empty()) return;
    for (const Path& path : label_paths_) {
      const auto chosen = std::find_if(path.steps.begin(), path.steps.end(), [](const Step& step) {
        return step.node->op == "ArrayFeatureExtractor" && step.node->domain == "ai.onnx.ml";
      });
      const auto highest = std::find_if(path.steps.begin(), path.steps.end(),
                                        [](const Step& step) { return step.node->op == "ArgMax"; });
      if (chosen == path.steps.end() || highest == path.steps.end() ||
          chosen->node->inputs.size() != 2 || scores_.width < 2) {
        continue;
      }
      const int64_t axis = graph_.integer(*highest->node, "axis", 0);
      const auto names = graph_.tensors.find(chosen->node->inputs[0]);
      if ((axis != 1 && axis != -1) || names == graph_.tensors.end()) continue;
      const bool is_final = same_numbers(data_input(*highest->node), scores);
      const auto of_raw = [&](const Step& step) {
        return step.node->op == "Softmax" && step.node->inputs[0] == data_input(*highest->node);
      };
      if (!is_final && std::none_of(scores.steps.begin(), scores.steps.end(), of_raw)) continue;
      take_labels(names->second, is_final && scores_.is_linked);
      return;
    }
    refuse("the labels that the graph gives are not those of its highest score.");
  }

  /// Whether a value is what the path gives, but for nodes that change nothing.
  bool same_numbers(const std::string& value, const Path& path) const {
    if (value == path.value) return true;
    for (auto step = path.steps.rbegin(); step != path.steps.rend(); ++step) {
      const auto& outputs = step->node->outputs;
      if (std::find(outputs.begin(), outputs.end(), value) != outputs.end()) return true;
      if (!is_onnx_no_op(*step->node)) return false;
    }
    return false;
  }

  void take_labels(const OnnxTensor& names, bool by_probability) {
    ClassLabels labels;
    labels.texts = names.texts;
    labels.type = names.type == OnnxType::kText ? LabelType::kText : LabelType::kInteger;
    for (const int64_t label : names.integers) {
      labels.words.push_back(static_cast<uint64_t>(label));
    }
    if (labels.texts.size() + labels.words.size() != scores_.width) {
      graph_.fail(ErrorKind::kData,
                  "the graph has " + std::to_string(labels.texts.size() + labels.words.size()) +
                      " labels for " + std::to_string(scores_.width) + " scores.");
    }
    scores_.labels = std::move(labels);
    scores_.has_labels = true;
    scores_.num_classes = static_cast<uint32_t>(scores_.width);
    scores_.decision = by_probability ? Decision::kProbability : Decision::kRaw;
  }

  ModelImage finished() {
    const bool has_layers = !scores_.dense.layers.empty();
    if (!has_layers && !scores_.has_forest) refuse("the graph has no model in it.");
    if (scores_.width > kMaxModelOutputs) {
      refuse("the model has " + std::to_string(scores_.width) + " outputs.");
    }
    ModelImage image;
    SourceDense& dense = scores_.dense;
    dense.element = scores_.is_double ? DenseElement::kDouble : DenseElement::kFloat;
    SourceForest& forest = scores_.forest;
    forest.link = scores_.link;
    forest.num_classes = scores_.num_classes;
    image.num_trees = static_cast<uint32_t>(
        std::count_if(forest.trees.begin(), forest.trees.end(),
                      [](const SourceTree& tree) { return tree.nodes[0].id != kForestBaseId; }));
    if (!scores_.has_forest) {
      dense.link = scores_.link;
      dense.num_classes = scores_.num_classes;
      image.section = write_dense(dense);
      image.kind = "dense";
    } else if (!has_layers) {
      image.section = write_forest(forest);
      image.kind = "forest";
    } else {
      image.section = behind_layers();
      image.kind = "composite";
    }
    for (uint64_t i = 0; i < scores_.num_features; ++i) {
      image.feature_names.push_back("Column_" + std::to_string(i));
    }
    image.link = link_name(scores_.link);
    image.num_outputs = static_cast<uint32_t>(scores_.width);
    image.num_classes = scores_.num_classes;
    image.description = description(image.num_trees);
    if (!scores_.has_labels) return image;
    return with_labels(std::move(image), scores_.labels, scores_.decision, scores_.threshold);
  }

  /// Trees that read what layers give.
  std::vector<uint8_t> behind_layers() const {
    SourceComposite whole;
    const auto num_features = static_cast<uint32_t>(scores_.num_features);
    whole.num_features = num_features;
    whole.parts = {write_dense(scores_.dense), write_forest(scores_.forest)};
    const uint32_t between = scores_.dense.layers.back().num_outputs;
    whole.nodes = {
        {CompositeKind::kModel, between, {{0, 0, num_features, 0}}, {}, 0, OutputKind::kRaw},
        {CompositeKind::kModel,
         static_cast<uint32_t>(scores_.width),
         {{1, 0, between, 0}},
         {},
         1,
         OutputKind::kRaw}};
    whole.finished_by = 1;
    return write_composite(whole);
  }

  std::string description(uint32_t num_trees) const {
    std::string text = "ONNX";
    if (scores_.has_forest) {
      text += ", " + std::to_string(num_trees) + (num_trees == 1 ? " tree" : " trees");
    }
    if (!scores_.dense.layers.empty()) {
      text += ", " + std::to_string(scores_.dense.layers.size()) +
              (scores_.dense.layers.size() == 1 ? " layer" : " layers");
    }
    if (!graph_.producer.empty() && is_utf8(graph_.producer)) text += ", by " + graph_.producer;
    return text;
  }

  OnnxGraph graph_;
  std::map<std::string, Step> makers_;
  std::vector<Path> label_paths_;
  OnnxScores scores_;
};

}  // namespace

ModelImage read_onnx(std::string_view bytes, std::string_view subject) {
  return OnnxReader(bytes, subject).read();
}

}  // namespace mainspring

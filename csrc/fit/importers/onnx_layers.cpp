// Nodes of ONNX that are layers: matrix products, what is done number by number, functions, and a
// link at the end.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "fit/importers/onnx_scores.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

class LayerReader {
 public:
  LayerReader(const OnnxGraph& graph, const OnnxNode& node, bool is_last, OnnxScores* scores)
      : graph_(graph), node_(node), is_last_(is_last), scores_(*scores) {}

  bool read() {
    const std::string& op = node_.op;
    if (node_.domain == "ai.onnx.ml") {
      if (op == "Scaler") return read_scaler();
      if (op == "LinearRegressor") return read_linear_regressor();
      return op == "LinearClassifier" && read_linear_classifier();
    }
    if (!node_.domain.empty()) return false;
    if (op == "Gemm") return read_gemm();
    if (op == "MatMul") return read_product();
    if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") return read_arithmetic(op);
    if (op == "BatchNormalization") return read_batch_norm();
    if (op == "LayerNormalization") return read_layer_norm();
    return read_function(op);
  }

 private:
  [[noreturn]] void fail(ErrorKind kind, const std::string& what) const {
    graph_.fail(kind, node_, what);
  }
  [[noreturn]] void refuse(const std::string& what) const { fail(ErrorKind::kUnsupported, what); }

  void need_layers() const {
    if (scores_.has_scores || scores_.is_linked) {
      refuse("it stands behind the scores; only a link may stand there.");
    }
  }

  const OnnxTensor* tensor_at(size_t place) const {
    if (place >= node_.inputs.size()) return nullptr;
    const auto found = graph_.tensors.find(node_.inputs[place]);
    return found == graph_.tensors.end() ? nullptr : &found->second;
  }

  const OnnxTensor& needed(size_t place) const {
    const OnnxTensor* tensor = tensor_at(place);
    if (tensor == nullptr) refuse("input " + std::to_string(place) + " is no constant.");
    if (tensor->type != OnnxType::kFloat && tensor->type != OnnxType::kDouble) {
      refuse("input " + std::to_string(place) + " is neither float nor double.");
    }
    return *tensor;
  }

  void set_width(uint64_t width) {
    if (width == 0 || width > kMaxLayerOutputs) {
      fail(ErrorKind::kData, "it gives " + std::to_string(width) + " numbers a row.");
    }
    scores_.width = width;
  }

  /// The node reads so many numbers a row.
  void take_width(uint64_t width) {
    if (scores_.num_features == 0) scores_.num_features = scores_.width = width;
    if (scores_.width == width) return;
    fail(ErrorKind::kData, "it reads " + std::to_string(width) + " numbers a row, but " +
                               std::to_string(scores_.width) + " come.");
  }

  /// One number for each column: itself, or the same for all.
  std::vector<double> spread(const OnnxTensor& tensor) {
    const std::vector<double>& numbers = tensor.numbers;
    if (scores_.width == 0) {
      if (numbers.size() < 2) refuse("the number of features is not stated.");
      take_width(numbers.size());
    }
    if (numbers.size() == 1) return std::vector<double>(scores_.width, numbers.front());
    const bool is_row =
        !tensor.dims.empty() && tensor.dims.back() == static_cast<int64_t>(numbers.size());
    if (!is_row || numbers.size() != scores_.width) {
      refuse("a constant of " + std::to_string(numbers.size()) + " numbers does not go with " +
             std::to_string(scores_.width) + " columns.");
    }
    return numbers;
  }

  void add_layer(LayerKind kind, std::vector<double> first, std::vector<double> second,
                 double epsilon = 0) {
    need_layers();
    SourceLayer layer;
    layer.kind = kind;
    layer.epsilon = epsilon;
    layer.num_inputs = static_cast<uint32_t>(scores_.width);
    if (kind == LayerKind::kDense) set_width(second.size());
    layer.num_outputs = static_cast<uint32_t>(scores_.width);
    layer.first = std::move(first);
    layer.second = std::move(second);
    if (scores_.dense.layers.size() >= kMaxDenseLayers) {
      refuse("the model has more than " + std::to_string(kMaxDenseLayers) + " layers.");
    }
    scores_.dense.layers.push_back(std::move(layer));
  }

  /// Weights [outputs][inputs] of a constant matrix.
  std::vector<double> weights_of(const OnnxTensor& tensor, bool is_transposed) {
    if (tensor.dims.size() != 2) refuse("its weights are no matrix.");
    auto inputs = static_cast<uint64_t>(tensor.dims[0]);
    auto outputs = static_cast<uint64_t>(tensor.dims[1]);
    if (is_transposed) std::swap(inputs, outputs);
    if (inputs == 0 || outputs == 0 || inputs > kMaxLayerOutputs || outputs > kMaxLayerOutputs) {
      fail(ErrorKind::kData, "its weights have a size that none can have.");
    }
    take_width(inputs);
    if (is_transposed) return tensor.numbers;
    std::vector<double> weights(tensor.numbers.size());
    for (uint64_t i = 0; i < inputs; ++i) {
      for (uint64_t k = 0; k < outputs; ++k) {
        weights[k * inputs + i] = tensor.numbers[i * outputs + k];
      }
    }
    return weights;
  }

  bool read_gemm() {
    graph_.refuse_others(node_, {"alpha", "beta", "transA", "transB"});
    if (graph_.number(node_, "alpha", 1) != 1 || graph_.number(node_, "beta", 1) != 1 ||
        graph_.integer(node_, "transA", 0) != 0) {
      refuse("alpha and beta must be 1, and transA 0.");
    }
    need_layers();
    const bool is_transposed = graph_.integer(node_, "transB", 0) != 0;
    std::vector<double> weights = weights_of(needed(1), is_transposed);
    const uint64_t outputs = weights.size() / scores_.width;
    std::vector<double> biases(outputs, 0);
    if (node_.inputs.size() > 2 && !node_.inputs[2].empty()) {
      const uint64_t inputs = std::exchange(scores_.width, outputs);
      biases = spread(needed(2));
      scores_.width = inputs;
    }
    add_layer(LayerKind::kDense, std::move(weights), std::move(biases));
    return true;
  }

  bool read_product() {
    graph_.refuse_others(node_, {});
    need_layers();
    std::vector<double> weights = weights_of(needed(1), false);
    const uint64_t outputs = weights.size() / scores_.width;
    add_layer(LayerKind::kDense, std::move(weights), std::vector<double>(outputs, 0));
    return true;
  }

  /// A sum behind a product is its bias.
  bool fold_bias(const std::vector<double>& biases) {
    if (scores_.dense.layers.empty()) return false;
    SourceLayer& last = scores_.dense.layers.back();
    const bool has_none =
        std::all_of(last.second.begin(), last.second.end(), [](double bias) { return bias == 0; });
    if (last.kind != LayerKind::kDense || last.activation != Activation::kIdentity || !has_none) {
      return false;
    }
    last.second = biases;
    return true;
  }

  /// Behind the scores exporters multiply by 1 and add 0.
  bool leaves_scores(const std::string& op) const {
    if (!scores_.has_scores && !scores_.is_linked) return false;
    const OnnxTensor* constant = tensor_at(1);
    const double neutral = op == "Mul" || op == "Div" ? 1 : 0;
    return constant != nullptr && !constant->numbers.empty() &&
           (constant->numbers.size() == 1 || constant->numbers.size() == scores_.width) &&
           std::all_of(constant->numbers.begin(), constant->numbers.end(),
                       [&](double number) { return number == neutral; });
  }

  bool read_arithmetic(const std::string& op) {
    graph_.refuse_others(node_, {});
    if (node_.inputs.size() != 2) fail(ErrorKind::kData, "it has not two inputs.");
    if (leaves_scores(op)) return true;
    need_layers();
    if (node_.inputs[0] == node_.inputs[1]) refuse("both of its inputs change with the row.");
    const bool is_swapped = tensor_at(0) != nullptr;
    std::vector<double> constant = spread(needed(is_swapped ? 0 : 1));
    const std::vector<double> zeros(constant.size(), 0), ones(constant.size(), 1);
    if (op == "Mul") {
      add_layer(LayerKind::kScale, std::move(constant), zeros);
    } else if (op == "Div") {
      if (is_swapped) refuse("it divides a constant by the row.");
      add_layer(LayerKind::kCenter, zeros, std::move(constant));
    } else if (op == "Add") {
      if (!fold_bias(constant)) add_layer(LayerKind::kScale, ones, std::move(constant));
    } else if (is_swapped) {
      add_layer(LayerKind::kScale, std::vector<double>(constant.size(), -1), std::move(constant));
    } else {
      for (double& number : constant) number = -number;
      if (!fold_bias(constant)) add_layer(LayerKind::kScale, ones, std::move(constant));
    }
    return true;
  }

  bool read_scaler() {
    graph_.refuse_others(node_, {"offset", "scale"});
    OnnxTensor offset, scale;
    offset.numbers = graph_.numbers(node_, "offset");
    scale.numbers = graph_.numbers(node_, "scale");
    offset.dims = {static_cast<int64_t>(offset.numbers.size())};
    scale.dims = {static_cast<int64_t>(scale.numbers.size())};
    const std::vector<double> shifts = spread(offset), factors = spread(scale);
    add_layer(LayerKind::kCenter, shifts, std::vector<double>(shifts.size(), 1));
    add_layer(LayerKind::kScale, factors, std::vector<double>(factors.size(), 0));
    return true;
  }

  bool read_batch_norm() {
    graph_.refuse_others(node_, {"epsilon", "momentum", "spatial", "training_mode"});
    if (graph_.integer(node_, "training_mode", 0) != 0) refuse("it is in training mode.");
    const std::vector<double> weight = spread(needed(1)), bias = spread(needed(2));
    const std::vector<double> mean = spread(needed(3)), variance = spread(needed(4));
    const float epsilon = graph_.number(node_, "epsilon", 1e-5f);
    std::vector<double> factors, shifts;
    for (size_t i = 0; i < weight.size(); ++i) {
      // Rounded as the runtime rounds: in the type of the numbers.
      if (scores_.is_double) {
        factors.push_back(weight[i] / std::sqrt(variance[i] + static_cast<double>(epsilon)));
        shifts.push_back(bias[i] - mean[i] * factors.back());
      } else {
        const float factor =
            static_cast<float>(weight[i]) / std::sqrt(static_cast<float>(variance[i]) + epsilon);
        const float product = static_cast<float>(mean[i]) * factor;
        factors.push_back(static_cast<double>(factor));
        shifts.push_back(static_cast<double>(static_cast<float>(bias[i]) - product));
      }
    }
    add_layer(LayerKind::kScale, std::move(factors), std::move(shifts));
    return true;
  }

  bool read_layer_norm() {
    graph_.refuse_others(node_, {"axis", "epsilon", "stash_type"});
    const int64_t axis = graph_.integer(node_, "axis", -1);
    if (axis != -1 && axis != 1) refuse("it normalizes another axis than the last.");
    std::vector<double> weight = spread(needed(1));
    std::vector<double> bias(weight.size(), 0);
    if (node_.inputs.size() > 2 && !node_.inputs[2].empty()) bias = spread(needed(2));
    const float epsilon = graph_.number(node_, "epsilon", 1e-5f);
    add_layer(LayerKind::kNorm, std::move(weight), std::move(bias), static_cast<double>(epsilon));
    return true;
  }

  void activate(Activation activation, double slope = 0) {
    need_layers();
    std::vector<SourceLayer>& layers = scores_.dense.layers;
    if (layers.empty() || layers.back().activation != Activation::kIdentity) {
      if (scores_.width == 0) refuse("the number of features is not stated.");
      const std::vector<double> ones(scores_.width, 1), zeros(scores_.width, 0);
      add_layer(LayerKind::kScale, ones, zeros);
    }
    layers.back().activation = activation;
    layers.back().slope = slope;
  }

  bool read_function(const std::string& op) {
    if (op == "Softmax") {
      graph_.refuse_others(node_, {"axis"});
      const int64_t axis = graph_.integer(node_, "axis", -1);
      if ((axis != -1 && axis != 1) || scores_.width < 2) {
        refuse("it is of one number, or of another axis than the last.");
      }
      return end_with(Link::kSoftmax, static_cast<uint32_t>(scores_.width));
    }
    if (op == "Sigmoid" && is_last_) {
      graph_.refuse_others(node_, {});
      return end_with(Link::kSigmoid, scores_.width == 1 ? 2 : 0);
    }
    if (op == "Exp" && is_last_) {
      graph_.refuse_others(node_, {});
      return end_with(Link::kExp, 0);
    }
    constexpr std::array<std::pair<const char*, Activation>, 4> kPlain{
        {{"Relu", Activation::kRelu},
         {"Sigmoid", Activation::kSigmoid},
         {"Silu", Activation::kSilu},
         {"Tanh", Activation::kTanh}}};
    for (const auto& [name, activation] : kPlain) {
      if (op != name) continue;
      graph_.refuse_others(node_, {});
      activate(activation);
      return true;
    }
    if (op == "LeakyRelu" || op == "Elu") {
      graph_.refuse_others(node_, {"alpha"});
      const bool leaks = op == "LeakyRelu";
      const float alpha = graph_.number(node_, "alpha", leaks ? 0.01f : 1.0f);
      activate(leaks ? Activation::kLeakyRelu : Activation::kElu, static_cast<double>(alpha));
      return true;
    }
    if (op == "Gelu") {
      graph_.refuse_others(node_, {"approximate"});
      const std::string form = graph_.text(node_, "approximate", "none");
      if (form != "none" && form != "tanh") refuse("approximate is " + quoted(form) + ".");
      activate(form == "none" ? Activation::kGelu : Activation::kGeluTanh);
      return true;
    }
    return false;
  }

  bool end_with(Link link, uint32_t num_classes) {
    if (scores_.is_linked) refuse("it stands behind another link.");
    if (scores_.has_scores && scores_.num_classes != 0) {
      refuse("it stands behind the scores of a classifier.");
    }
    if (scores_.dense.layers.empty() && !scores_.has_forest) refuse("no model stands before it.");
    scores_.link = link;
    scores_.is_linked = true;
    scores_.num_classes = num_classes;
    return true;
  }

  /// Coefficients [outputs][inputs] and intercepts, in float32.
  void add_linear(uint64_t outputs, std::vector<double> intercepts) {
    need_layers();
    if (scores_.is_double) refuse("it computes float32 of double features.");
    std::vector<double> weights = graph_.numbers(node_, "coefficients");
    if (outputs == 0 || weights.empty() || weights.size() % outputs != 0 ||
        intercepts.size() != outputs) {
      fail(ErrorKind::kData, "it has " + std::to_string(weights.size()) + " coefficients and " +
                                 std::to_string(intercepts.size()) + " intercepts for " +
                                 std::to_string(outputs) + " outputs.");
    }
    take_width(weights.size() / outputs);
    add_layer(LayerKind::kDense, std::move(weights), std::move(intercepts));
  }

  bool read_linear_regressor() {
    graph_.refuse_others(node_, {"coefficients", "intercepts", "post_transform", "targets"});
    if (graph_.text(node_, "post_transform", "NONE") != "NONE") {
      refuse("its post_transform is not NONE.");
    }
    const int64_t targets = graph_.integer(node_, "targets", 1);
    if (targets < 1 || targets > int64_t{kMaxModelOutputs}) {
      fail(ErrorKind::kData, "it has " + std::to_string(targets) + " targets.");
    }
    std::vector<double> intercepts = graph_.numbers(node_, "intercepts");
    if (intercepts.empty()) intercepts.resize(static_cast<size_t>(targets), 0);
    add_linear(static_cast<uint64_t>(targets), std::move(intercepts));
    return true;
  }

  bool read_linear_classifier() {
    graph_.refuse_others(node_, {"classlabels_ints", "classlabels_strings", "coefficients",
                                 "intercepts", "multi_class", "post_transform"});
    std::vector<double> intercepts = graph_.numbers(node_, "intercepts");
    const uint64_t outputs = intercepts.size();
    add_linear(outputs, std::move(intercepts));
    read_onnx_labels(graph_, node_, "classlabels_ints", "classlabels_strings", &scores_);
    if (scores_.num_classes != (outputs == 1 ? 2 : outputs)) {
      fail(ErrorKind::kData, "it has " + std::to_string(scores_.num_classes) + " labels for " +
                                 std::to_string(outputs) + " outputs.");
    }
    const std::string transform = graph_.text(node_, "post_transform", "NONE");
    if (transform == "LOGISTIC") {
      scores_.link = Link::kSigmoid;
    } else if (transform == "SOFTMAX" && outputs > 1) {
      scores_.link = Link::kSoftmax;
    } else if (transform != "NONE") {
      refuse("its post_transform is " + quoted(transform) + ".");
    }
    return true;
  }

  const OnnxGraph& graph_;
  const OnnxNode& node_;
  bool is_last_;
  OnnxScores& scores_;
};

}  // namespace

bool read_onnx_layer(const OnnxGraph& graph, const OnnxNode& node, bool is_last,
                     OnnxScores* scores) {
  return LayerReader(graph, node, is_last, scores).read();
}

}  // namespace mainspring

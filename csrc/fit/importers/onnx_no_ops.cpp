// Nodes of ONNX that leave the numbers of a row as they are, or are checked for it.
#include <algorithm>
#include <string>
#include <vector>

#include "fit/importers/onnx_scores.hpp"

namespace mainspring {

namespace {

/// Before anything else a rounding of the features to float32, which every float32 model does;
/// behind the scores to float or double.
void read_cast(const OnnxGraph& graph, const OnnxNode& node, OnnxScores& scores) {
  const auto to = static_cast<OnnxType>(graph.integer(node, "to", 0));
  const bool is_first = scores.dense.layers.empty() && !scores.has_forest;
  const auto own = scores.is_double ? OnnxType::kDouble : OnnxType::kFloat;
  if (is_first && to == OnnxType::kFloat) {
    scores.is_double = false;
    scores.needs_cast = false;
    return;
  }
  if (is_first && scores.needs_cast && to == OnnxType::kDouble) {
    scores.is_double = true;
    scores.needs_cast = false;
    return;
  }
  const bool widens = to == OnnxType::kDouble && !is_first && scores.has_scores;
  if (to != own && !widens) {
    graph.fail(ErrorKind::kUnsupported, node,
               "it casts to type " + std::to_string(static_cast<int>(to)) +
                   " in the middle of the model.");
  }
}

/// What follows one model for each class; probabilities have a sum of 1 as they are.
void read_normalizer(const OnnxGraph& graph, const OnnxNode& node, OnnxScores& scores) {
  if (graph.text(node, "norm", "MAX") != "L1" || scores.num_classes == 0 || scores.width < 2 ||
      !scores.has_scores) {
    graph.fail(ErrorKind::kUnsupported, node,
               "only probabilities of several classes are divided by their sum (L1).");
  }
  if (scores.link == Link::kSigmoid) {
    scores.link = Link::kSigmoidShare;
  } else if (scores.link != Link::kSoftmax) {
    graph.fail(ErrorKind::kUnsupported, node, "scores without a link are normalized.");
  }
}

void read_reshape(const OnnxGraph& graph, const OnnxNode& node, OnnxScores& scores) {
  const auto found =
      node.inputs.size() == 2 ? graph.tensors.find(node.inputs[1]) : graph.tensors.end();
  const auto width = static_cast<int64_t>(scores.width);
  const bool fits = found != graph.tensors.end() &&
                    ((found->second.integers.size() == 2 && found->second.integers[0] <= 0 &&
                      (found->second.integers[1] == width ||
                       (found->second.integers[0] == 0 && found->second.integers[1] == -1))) ||
                     (width == 1 && found->second.integers == std::vector<int64_t>{-1}));
  if (!fits) graph.fail(ErrorKind::kUnsupported, node, "it is no matrix of as many columns.");
}

}  // namespace

bool is_onnx_no_op(const OnnxNode& node) {
  return node.domain.empty()
             ? is_any(node.op, {"Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze"})
             : node.domain == "ai.onnx.ml" && is_any(node.op, {"Normalizer", "ZipMap"});
}

void read_onnx_no_op(const OnnxGraph& graph, const OnnxNode& node, OnnxScores* scores) {
  if (node.op == "Cast") {
    read_cast(graph, node, *scores);
  } else if (node.op == "Normalizer") {
    read_normalizer(graph, node, *scores);
  } else if (node.op == "Reshape") {
    read_reshape(graph, node, *scores);
  } else if (node.op == "Flatten") {
    if (graph.integer(node, "axis", 1) != 1) {
      graph.fail(ErrorKind::kUnsupported, node, "axis is not 1.");
    }
  } else if (node.op == "Dropout") {
    const auto found =
        node.inputs.size() > 2 ? graph.tensors.find(node.inputs[2]) : graph.tensors.end();
    if (found != graph.tensors.end() && found->second.integers != std::vector<int64_t>{0}) {
      graph.fail(ErrorKind::kUnsupported, node, "it is in training mode.");
    }
  } else if (node.op == "Squeeze" && scores->width != 1) {
    graph.fail(ErrorKind::kUnsupported, node, "it is of more than one number.");
  }
}

}  // namespace mainspring

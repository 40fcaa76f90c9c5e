// Labels of ONNX's classifiers.
#include <string>
#include <utility>

#include "fit/importers/onnx_scores.hpp"

namespace mainspring {

void read_onnx_labels(const OnnxGraph& graph, const OnnxNode& node, const char* integers,
                      const char* texts, OnnxScores* scores) {
  const std::vector<int64_t>& numbers = graph.integers(node, integers);
  ClassLabels labels;
  labels.texts = graph.texts(node, texts);
  labels.type = labels.texts.empty() ? LabelType::kInteger : LabelType::kText;
  for (const int64_t label : numbers) labels.words.push_back(static_cast<uint64_t>(label));
  const size_t count = labels.texts.size() + labels.words.size();
  if (labels.texts.empty() == labels.words.empty() || count < 2 || count > kMaxModelOutputs) {
    graph.fail(ErrorKind::kData, node,
               "it has " + std::to_string(labels.words.size()) + " whole and " +
                   std::to_string(labels.texts.size()) +
                   " text labels; expected two or more of one kind.");
  }
  scores->labels = std::move(labels);
  scores->has_labels = true;
  scores->has_scores = true;
  scores->num_classes = static_cast<uint32_t>(count);
}

}  // namespace mainspring

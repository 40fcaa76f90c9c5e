// Attributes of the nodes of an ONNX graph by name, and errors that name the node.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "fit/importers/onnx_graph.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

void OnnxGraph::fail(ErrorKind kind, const OnnxNode& node, const std::string& what) const {
  throw Error(kind, subject + ", node " + quoted(node.name) + " (" + quoted(node.op) + "): " + what)
      .got(node.op);
}

void OnnxGraph::fail(ErrorKind kind, const std::string& what) const {
  throw Error(kind, subject + ": " + what);
}

const OnnxAttribute* OnnxGraph::find(const OnnxNode& node, std::string_view name) const {
  const OnnxAttribute* found = nullptr;
  for (const OnnxAttribute& attribute : node.attributes) {
    if (attribute.name != name) continue;
    if (found != nullptr) {
      fail(ErrorKind::kData, node, "the attribute " + quoted(name) + " is there twice.");
    }
    found = &attribute;
  }
  return found;
}

int64_t OnnxGraph::integer(const OnnxNode& node, std::string_view name, int64_t otherwise) const {
  const OnnxAttribute* found = find(node, name);
  return found == nullptr ? otherwise : found->integer;
}

float OnnxGraph::number(const OnnxNode& node, std::string_view name, float otherwise) const {
  const OnnxAttribute* found = find(node, name);
  return found == nullptr ? otherwise : found->number;
}

std::string OnnxGraph::text(const OnnxNode& node, std::string_view name,
                            std::string_view otherwise) const {
  const OnnxAttribute* found = find(node, name);
  return found == nullptr ? std::string(otherwise) : found->text;
}

const std::vector<int64_t>& OnnxGraph::integers(const OnnxNode& node, std::string_view name) const {
  static const std::vector<int64_t> kNone;
  const OnnxAttribute* found = find(node, name);
  return found == nullptr ? kNone : found->integers;
}

const std::vector<std::string>& OnnxGraph::texts(const OnnxNode& node,
                                                 std::string_view name) const {
  static const std::vector<std::string> kNone;
  const OnnxAttribute* found = find(node, name);
  return found == nullptr ? kNone : found->texts;
}

std::vector<double> OnnxGraph::numbers(const OnnxNode& node, std::string_view name) const {
  const OnnxAttribute* list = find(node, name);
  const OnnxAttribute* tensor = find(node, std::string(name) + "_as_tensor");
  if (tensor == nullptr) {
    return list == nullptr ? std::vector<double>()
                           : std::vector<double>(list->numbers.begin(), list->numbers.end());
  }
  if (list != nullptr && !list->numbers.empty()) {
    fail(ErrorKind::kData, node, quoted(name) + " is there twice, as a list and as a tensor.");
  }
  return tensor->tensor.numbers;
}

void OnnxGraph::refuse_others(const OnnxNode& node,
                              std::initializer_list<std::string_view> known) const {
  for (const OnnxAttribute& attribute : node.attributes) {
    if (std::find(known.begin(), known.end(), attribute.name) == known.end()) {
      fail(ErrorKind::kUnsupported, node,
           "the attribute " + quoted(attribute.name) + " is not known.");
    }
  }
}

}  // namespace mainspring

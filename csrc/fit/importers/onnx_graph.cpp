// Messages of onnx.proto (ONNX IR version 3 to 13) into plain structs. What only people read is
// skipped; a field that nobody knows is refused, for it may change what the model does.
#include "fit/importers/onnx_graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fit/importers/protobuf.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

template <class T>
void read_raw(std::string_view raw, std::vector<T>* values) {
  values->resize(raw.size() / sizeof(T));
  if (!values->empty()) std::memcpy(values->data(), raw.data(), values->size() * sizeof(T));
}

/// The parts of a TensorProto before its type says which of them counts.
struct TensorParts {
  int64_t type = 0;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> small, large;
  std::string_view raw;
  bool has_raw = false;
};

void fill_tensor(const TensorParts& parts, OnnxTensor* tensor) {
  tensor->type = static_cast<OnnxType>(parts.type);
  switch (tensor->type) {
    case OnnxType::kFloat: {
      std::vector<float> values = parts.floats;
      if (parts.has_raw) read_raw(parts.raw, &values);
      tensor->numbers.assign(values.begin(), values.end());
      break;
    }
    case OnnxType::kDouble:
      tensor->numbers = parts.doubles;
      if (parts.has_raw) read_raw(parts.raw, &tensor->numbers);
      break;
    case OnnxType::kInt64:
      tensor->integers = parts.large;
      if (parts.has_raw) read_raw(parts.raw, &tensor->integers);
      break;
    case OnnxType::kInt32: {
      tensor->integers = parts.small;
      std::vector<int32_t> values;
      if (parts.has_raw) {
        read_raw(parts.raw, &values);
        tensor->integers.assign(values.begin(), values.end());
      }
      break;
    }
    case OnnxType::kByte:
    case OnnxType::kBoolean: {
      tensor->integers = parts.small;
      std::vector<uint8_t> values;
      if (parts.has_raw) {
        read_raw(parts.raw, &values);
        tensor->integers.assign(values.begin(), values.end());
      }
      break;
    }
    default: break;  // texts lie in it already; others are refused where they are used
  }
}

OnnxTensor read_tensor(ProtobufMessage message, std::string* name) {
  OnnxTensor tensor;
  TensorParts parts;
  ProtobufField field;
  uint64_t at = 0;
  while (message.next(&field)) {
    at = field.at;
    switch (field.number) {
      case 1: message.add_integers(field, &tensor.dims); break;
      case 2: parts.type = message.integer(field); break;
      case 4: message.add_floats(field, &parts.floats); break;
      case 5: message.add_integers(field, &parts.small); break;
      case 6: tensor.texts.push_back(message.text(field)); break;
      case 7: message.add_integers(field, &parts.large); break;
      case 8: *name = message.text(field); break;
      case 9:
        parts.has_raw = true;
        parts.raw = message.inner(field, "raw_data").bytes();
        break;
      case 10: message.add_doubles(field, &parts.doubles); break;
      case 11:
      case 12:
      case 16: break;  // uint64_data, doc_string, metadata_props
      case 14:
        if (message.integer(field) == 0) break;
        [[fallthrough]];
      case 13:
        message.fail(ErrorKind::kUnsupported, field.at,
                     "a tensor's data lies in another file. Save the model in one file.");
      default: message.refuse(field);
    }
  }
  fill_tensor(parts, &tensor);
  uint64_t count = 1;
  for (const int64_t dim : tensor.dims) {
    if (dim < 0 || (dim != 0 && count > (uint64_t{1} << 40) / static_cast<uint64_t>(dim))) {
      message.fail(ErrorKind::kData, at, "a tensor has a size that none can have.");
    }
    count *= static_cast<uint64_t>(dim);
  }
  const uint64_t held = tensor.numbers.size() + tensor.integers.size() + tensor.texts.size();
  const bool is_known = tensor.type == OnnxType::kFloat || tensor.type == OnnxType::kDouble ||
                        tensor.type == OnnxType::kInt64 || tensor.type == OnnxType::kInt32 ||
                        tensor.type == OnnxType::kByte || tensor.type == OnnxType::kBoolean ||
                        tensor.type == OnnxType::kText;
  if (is_known && held != count) {
    message.fail(ErrorKind::kData, at,
                 "a tensor holds " + std::to_string(held) + " values, expected " +
                     std::to_string(count) + ".");
  }
  return tensor;
}

OnnxAttribute read_attribute(ProtobufMessage message) {
  OnnxAttribute attribute;
  std::string ignored;
  ProtobufField field;
  while (message.next(&field)) {
    switch (field.number) {
      case 1: attribute.name = message.text(field); break;
      case 2: attribute.number = message.number(field); break;
      case 3: attribute.integer = message.integer(field); break;
      case 4: attribute.text = message.text(field); break;
      case 5: attribute.tensor = read_tensor(message.inner(field, "a tensor"), &ignored); break;
      case 7: message.add_floats(field, &attribute.numbers); break;
      case 8: message.add_integers(field, &attribute.integers); break;
      case 9: attribute.texts.push_back(message.text(field)); break;
      case 13: break;  // doc_string
      case 20: attribute.type = message.integer(field); break;
      case 6:
      case 11:
        message.fail(ErrorKind::kUnsupported, field.at,
                     "a node holds a graph of its own (a loop or a branch), which is not "
                     "supported.");
      default: message.refuse(field);
    }
  }
  return attribute;
}

OnnxNode read_node(ProtobufMessage message) {
  OnnxNode node;
  ProtobufField field;
  while (message.next(&field)) {
    switch (field.number) {
      case 1: node.inputs.push_back(message.text(field)); break;
      case 2: node.outputs.push_back(message.text(field)); break;
      case 3: node.name = message.text(field); break;
      case 4: node.op = message.text(field); break;
      case 5:
        node.attributes.push_back(read_attribute(message.inner(field, "an attribute")));
        break;
      case 6:
      case 9: break;  // doc_string, metadata_props
      case 7: node.domain = message.text(field); break;
      default: message.refuse(field);
    }
  }
  if (node.domain == "ai.onnx") node.domain.clear();
  return node;
}

/// TypeProto.Tensor.shape: one number for each dimension, -1 where it has a name or none.
std::vector<int64_t> read_shape(ProtobufMessage message) {
  std::vector<int64_t> dims;
  ProtobufField field;
  while (message.next(&field)) {
    if (field.number != 1) message.refuse(field);
    ProtobufMessage dim = message.inner(field, "a dimension");
    int64_t value = -1;
    ProtobufField part;
    while (dim.next(&part)) {
      if (part.number == 1) value = dim.integer(part);
    }
    dims.push_back(value);
  }
  return dims;
}

OnnxValue read_value(ProtobufMessage message) {
  OnnxValue value;
  ProtobufField field;
  while (message.next(&field)) {
    if (field.number == 1) value.name = message.text(field);
    if (field.number != 2) continue;
    ProtobufMessage type = message.inner(field, "a type");
    ProtobufField kind;
    while (type.next(&kind)) {
      if (kind.number != 1) continue;  // a sequence, a map
      ProtobufMessage tensor = type.inner(kind, "a tensor's type");
      ProtobufField part;
      while (tensor.next(&part)) {
        if (part.number == 1) value.type = tensor.integer(part);
        if (part.number == 2) value.dims = read_shape(tensor.inner(part, "a shape"));
      }
    }
  }
  return value;
}

void read_graph(ProtobufMessage message, OnnxGraph* graph) {
  ProtobufField field;
  while (message.next(&field)) {
    switch (field.number) {
      case 1: graph->nodes.push_back(read_node(message.inner(field, "a node"))); break;
      case 5: {
        std::string name;
        OnnxTensor tensor = read_tensor(message.inner(field, "a tensor"), &name);
        if (!graph->tensors.emplace(name, std::move(tensor)).second) {
          message.fail(ErrorKind::kData, field.at,
                       "the tensor " + quoted(name) + " is there twice.");
        }
        break;
      }
      case 11: graph->inputs.push_back(read_value(message.inner(field, "an input"))); break;
      case 12: graph->outputs.push_back(read_value(message.inner(field, "an output"))); break;
      case 2:
      case 10:
      case 13:
      case 16: break;  // name, doc_string, value_info, metadata_props
      case 14:
      case 15:
        message.fail(ErrorKind::kUnsupported, field.at,
                     "the graph has sparse or quantized tensors, which are not supported.");
      default: message.refuse(field);
    }
  }
}

void read_opset(ProtobufMessage message, OnnxGraph* graph) {
  std::string domain;
  int64_t version = 0;
  ProtobufField field;
  while (message.next(&field)) {
    if (field.number == 1) domain = message.text(field);
    if (field.number == 2) version = message.integer(field);
  }
  if (domain == "ai.onnx") domain.clear();
  graph->opsets[domain] = version;
}

/// A copy of a constant, as exporters write those that two nodes share.
bool is_copy(const OnnxGraph& graph, const OnnxNode& node) {
  return node.op == "Identity" && node.domain.empty() && node.inputs.size() == 1 &&
         node.outputs.size() == 1 && graph.tensors.contains(node.inputs.front());
}

/// Constant nodes become tensors of the graph, and so do copies.
void take_constants(OnnxGraph* graph) {
  for (const OnnxNode& node : graph->nodes) {
    if (is_copy(*graph, node)) {
      graph->tensors.emplace(node.outputs.front(), graph->tensors.at(node.inputs.front()));
    }
    if (node.op != "Constant" || !node.domain.empty()) continue;
    if (node.outputs.size() != 1 || node.attributes.size() != 1) {
      graph->fail(ErrorKind::kData, node, "expected one value and one output.");
    }
    const OnnxAttribute& attribute = node.attributes.front();
    OnnxTensor tensor;
    if (attribute.name == "value") {
      tensor = attribute.tensor;
    } else if (attribute.name == "value_float" || attribute.name == "value_floats") {
      tensor.type = OnnxType::kFloat;
      tensor.numbers.assign(attribute.numbers.begin(), attribute.numbers.end());
      if (attribute.name == "value_float") tensor.numbers = {attribute.number};
    } else if (attribute.name == "value_int" || attribute.name == "value_ints") {
      tensor.type = OnnxType::kInt64;
      tensor.integers = attribute.integers;
      if (attribute.name == "value_int") tensor.integers = {attribute.integer};
    } else {
      graph->fail(ErrorKind::kUnsupported, node,
                  "the attribute " + quoted(attribute.name) + " is not known.");
    }
    if (attribute.name == "value_floats" || attribute.name == "value_ints") {
      tensor.dims = {static_cast<int64_t>(tensor.numbers.size() + tensor.integers.size())};
    }
    if (!graph->tensors.emplace(node.outputs.front(), std::move(tensor)).second) {
      graph->fail(ErrorKind::kData, node, "its output is there twice.");
    }
  }
  std::erase_if(graph->nodes, [&](const OnnxNode& node) {
    return (node.op == "Constant" && node.domain.empty()) || is_copy(*graph, node);
  });
  std::erase_if(graph->inputs,
                [&](const OnnxValue& value) { return graph->tensors.contains(value.name); });
}

}  // namespace

OnnxGraph read_onnx_graph(std::string_view bytes, std::string_view subject) {
  OnnxGraph graph;
  graph.subject = subject;
  ProtobufMessage message(bytes, subject, "the model");
  bool has_graph = false;
  ProtobufField field;
  while (message.next(&field)) {
    switch (field.number) {
      case 2: graph.producer = message.text(field); break;
      case 7:
        if (has_graph) message.fail(ErrorKind::kData, field.at, "the model has two graphs.");
        has_graph = true;
        read_graph(message.inner(field, "the graph"), &graph);
        break;
      case 8: read_opset(message.inner(field, "an operator set"), &graph); break;
      case 1:
      case 3:
      case 4:
      case 5:
      case 6:
      case 14: break;  // versions, names, doc_string, metadata_props
      case 20:
      case 25:
      case 26:
        message.fail(ErrorKind::kUnsupported, field.at,
                     "the model has functions or training information, which are not supported.");
      default: message.refuse(field);
    }
  }
  if (!has_graph) graph.fail(ErrorKind::kData, "it holds no graph; expected an ONNX model.");
  take_constants(&graph);
  return graph;
}

}  // namespace mainspring

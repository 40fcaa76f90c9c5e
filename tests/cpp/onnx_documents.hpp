// ONNX models for the fuzzer: the bytes of small graphs, written by hand from onnx.proto.
#pragma once
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "random.hpp"

namespace mainspring {

/// A protobuf message while it grows.
class ProtobufText {
 public:
  ProtobufText& integer(uint32_t number, uint64_t value) {
    varint(uint64_t{number} << 3);
    varint(value);
    return *this;
  }
  ProtobufText& bytes(uint32_t number, const std::string& content) {
    varint(uint64_t{number} << 3 | 2);
    varint(content.size());
    text_ += content;
    return *this;
  }
  ProtobufText& floats(uint32_t number, const std::vector<float>& values) {
    std::string content(values.size() * sizeof(float), '\0');
    if (!values.empty()) std::memcpy(content.data(), values.data(), content.size());
    return bytes(number, content);
  }
  ProtobufText& integers(uint32_t number, const std::vector<int64_t>& values) {
    ProtobufText packed;
    for (const int64_t value : values) packed.varint(static_cast<uint64_t>(value));
    return bytes(number, packed.text_);
  }
  const std::string& text() const { return text_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

inline std::string onnx_tensor(const std::string& name, const std::vector<int64_t>& dims,
                               const std::vector<float>& values) {
  ProtobufText tensor;
  tensor.integers(1, dims).integer(2, 1).floats(4, values).bytes(8, name);
  return tensor.text();
}

/// The parts of a NodeProto.
struct OnnxNodeText {
  ProtobufText node;

  OnnxNodeText(const std::string& op, const std::string& domain,
               std::initializer_list<const char*> inputs,
               std::initializer_list<const char*> outputs) {
    for (const char* input : inputs) node.bytes(1, input);
    for (const char* output : outputs) node.bytes(2, output);
    node.bytes(4, op).bytes(7, domain);
  }
  OnnxNodeText& integer(const char* name, int64_t value) {
    ProtobufText attribute;
    attribute.bytes(1, name).integer(3, static_cast<uint64_t>(value)).integer(20, 2);
    node.bytes(5, attribute.text());
    return *this;
  }
  OnnxNodeText& text(const char* name, const char* value) {
    ProtobufText attribute;
    attribute.bytes(1, name).bytes(4, value).integer(20, 3);
    node.bytes(5, attribute.text());
    return *this;
  }
  OnnxNodeText& tensor(const char* name, const std::string& value) {
    ProtobufText attribute;
    attribute.bytes(1, name).bytes(5, value).integer(20, 4);
    node.bytes(5, attribute.text());
    return *this;
  }
  OnnxNodeText& floats(const char* name, const std::vector<float>& values) {
    ProtobufText attribute;
    attribute.bytes(1, name).floats(7, values).integer(20, 6);
    node.bytes(5, attribute.text());
    return *this;
  }
  OnnxNodeText& integers(const char* name, const std::vector<int64_t>& values) {
    ProtobufText attribute;
    attribute.bytes(1, name).integers(8, values).integer(20, 7);
    node.bytes(5, attribute.text());
    return *this;
  }
  OnnxNodeText& texts(const char* name, const std::vector<std::string>& values) {
    ProtobufText attribute;
    attribute.bytes(1, name);
    for (const std::string& value : values) attribute.bytes(9, value);
    attribute.integer(20, 8);
    node.bytes(5, attribute.text());
    return *this;
  }
};

inline std::string onnx_value(const char* name, uint64_t width) {
  ProtobufText any, columns, shape, tensor, type, value;
  any.bytes(2, "n");
  columns.integer(1, width);
  shape.bytes(1, any.text()).bytes(1, columns.text());
  tensor.integer(1, 1).bytes(2, shape.text());
  type.bytes(1, tensor.text());
  value.bytes(1, name).bytes(2, type.text());
  return value.text();
}

/// A ModelProto that reads X, `width` columns of float, and gives `outputs`.
inline std::string onnx_model(const std::vector<std::string>& nodes,
                              const std::vector<std::string>& tensors, uint64_t width,
                              std::initializer_list<const char*> outputs) {
  ProtobufText graph, model, main, trees;
  for (const std::string& node : nodes) graph.bytes(1, node);
  graph.bytes(2, "graph");
  for (const std::string& tensor : tensors) graph.bytes(5, tensor);
  graph.bytes(11, onnx_value("X", width));
  for (const char* output : outputs) graph.bytes(12, onnx_value(output, 1));
  main.bytes(1, "").integer(2, 17);
  trees.bytes(1, "ai.onnx.ml").integer(2, 5);
  model.integer(1, 9).bytes(2, "fuzzer").bytes(7, graph.text());
  model.bytes(8, main.text()).bytes(8, trees.text());
  return model.text();
}

}  // namespace mainspring

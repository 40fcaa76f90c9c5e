// The graph of an ONNX file: nodes, their attributes and the tensors that are part of it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"

namespace mainspring {

inline bool is_any(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// TensorProto::DataType: those that are read.
enum class OnnxType : int32_t {
  kNone = 0,
  kFloat = 1,
  kByte = 2,
  kInt32 = 6,
  kInt64 = 7,
  kText = 8,
  kBoolean = 9,
  kDouble = 11,
};

/// Numbers of kFloat and kDouble lie in `numbers`, whole ones in `integers`.
struct OnnxTensor {
  OnnxType type = OnnxType::kNone;
  std::vector<int64_t> dims;
  std::vector<double> numbers;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;
};

struct OnnxAttribute {
  std::string name;
  int64_t type = 0;  // AttributeProto::AttributeType
  float number = 0;
  int64_t integer = 0;
  std::string text;
  OnnxTensor tensor;
  std::vector<float> numbers;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;
};

struct OnnxNode {
  std::string name, op, domain;
  std::vector<std::string> inputs, outputs;
  std::vector<OnnxAttribute> attributes;
};

/// An input or output of the graph; a dimension below 0 is not known.
struct OnnxValue {
  std::string name;
  int64_t type = 0;  // OnnxType; 0: not a tensor
  std::vector<int64_t> dims;
};

struct OnnxGraph {
  std::string subject;  // what errors call the file
  std::map<std::string, int64_t> opsets;
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor> tensors;  // initializers, and what Constant nodes give
  std::vector<OnnxValue> inputs;              // those that are no initializers
  std::vector<OnnxValue> outputs;
  std::string producer;

  /// "the model, node 'x' (Gemm): what".
  [[noreturn]] void fail(ErrorKind kind, const OnnxNode& node, const std::string& what) const;
  [[noreturn]] void fail(ErrorKind kind, const std::string& what) const;

  /// The attribute, or null.
  const OnnxAttribute* find(const OnnxNode& node, std::string_view name) const;
  int64_t integer(const OnnxNode& node, std::string_view name, int64_t otherwise) const;
  float number(const OnnxNode& node, std::string_view name, float otherwise) const;
  std::string text(const OnnxNode& node, std::string_view name, std::string_view otherwise) const;
  const std::vector<int64_t>& integers(const OnnxNode& node, std::string_view name) const;
  const std::vector<std::string>& texts(const OnnxNode& node, std::string_view name) const;
  /// Of a list of floats `name`, or of a tensor `name`_as_tensor.
  std::vector<double> numbers(const OnnxNode& node, std::string_view name) const;
  /// All attributes of the node must be among these.
  void refuse_others(const OnnxNode& node, std::initializer_list<std::string_view> known) const;
};

/// Reads a ModelProto. Throws Error(kData) for what is cut off or contradicts itself, and
/// Error(kUnsupported) for fields and types that are not known, external data and control flow.
OnnxGraph read_onnx_graph(std::string_view bytes, std::string_view subject);

}  // namespace mainspring

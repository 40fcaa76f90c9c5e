// The bytes of a network in the MODEL section: layers that read ids and numbers of a row and what
// layers before them made, for models with embeddings, interactions and branches that meet again.
//
// A layer makes one value, a row of float32 for each row, and may read the values of any layers
// before it: a straight line of steps, without names, loops or state. The last value is the raw
// scores. What a chain of layers can do is a dense model (models/dense/dense.hpp), whose layers are
// used here.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/models/dense/dense.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// Up to kNorm those of LayerKind. Stored in bundles, never changes.
enum class NetworkKind : uint32_t {
  kDense = 1,
  kCenter = 2,
  kScale = 3,
  kNorm = 4,
  kFeatures = 6,        // features of the row, as float32
  kEmbedding = 7,       // for each of some features the row of a table that its id names
  kJoin = 8,            // values one behind the other
  kDot = 9,             // products of each vector with those before it
  kFactorization = 10,  // sum of the products of all pairs of vectors
  kCross = 11,          // first * second + third, number by number
  kAdd = 12,            // first + second
  kMultiply = 13,       // first * second
};

/// Behind ModelHeader. Then follow the layers, the words, padded with zeros to a multiple of 64,
/// and the numbers of each layer, also padded; and nothing else.
struct NetworkHeader {
  uint32_t num_layers;
  uint32_t num_words;
  uint32_t reserved[14];
};
static_assert(sizeof(NetworkHeader) == 64);

/// Begins as a DenseLayer does.
struct NetworkLayer {
  uint32_t kind;        // NetworkKind
  uint32_t num_inputs;  // numbers, or features, that it reads
  uint32_t num_outputs;
  uint32_t activation;  // Activation
  double slope;
  double epsilon;
  uint32_t first_word;  // where those of the layer before end
  uint32_t num_words;   // kFeatures: features; kEmbedding: of each a feature and a number of rows;
                        // else: the layers that are read
  uint32_t width;       // of a vector: kEmbedding, kDot, kFactorization; else 0
  uint32_t reserved[5];
};
static_assert(sizeof(NetworkLayer) == 64);

inline constexpr uint32_t kMaxNetworkLayers = 256;
/// Numbers of all values of a row, padding included.
inline constexpr uint64_t kMaxNetworkNumbers = 1u << 20;
/// Vectors of kDot.
inline constexpr uint32_t kMaxVectors = 1024;
inline constexpr uint32_t kMaxTableRows = 1u << 31;

constexpr uint64_t value_stride(uint32_t num_outputs) {
  return padded_count(num_outputs, DenseElement::kFloat);
}

constexpr bool is_dense_layer(const NetworkLayer& layer) {
  return layer.kind <= static_cast<uint32_t>(NetworkKind::kNorm);
}

constexpr DenseLayer dense_layer_of(const NetworkLayer& layer) {
  return {layer.kind,       layer.num_inputs, layer.num_outputs,
          layer.activation, layer.slope,      layer.epsilon};
}

struct NetworkView {
  const NetworkHeader* header;
  const NetworkLayer* layers;
  const uint32_t* words;
  const uint8_t* numbers;  // of the first layer
};

constexpr uint64_t words_at(const NetworkHeader& header) {
  return sizeof(ModelHeader) + sizeof(NetworkHeader) +
         uint64_t{header.num_layers} * sizeof(NetworkLayer);
}

constexpr uint64_t network_numbers_at(const NetworkHeader& header) {
  return words_at(header) + (uint64_t{header.num_words} * sizeof(uint32_t) + 63) / 64 * 64;
}

inline NetworkView view_network(const uint8_t* section) noexcept {
  const auto* header = reinterpret_cast<const NetworkHeader*>(section + sizeof(ModelHeader));
  return {header, reinterpret_cast<const NetworkLayer*>(header + 1),
          reinterpret_cast<const uint32_t*>(section + words_at(*header)),
          section + network_numbers_at(*header)};
}

/// Rows of all tables of a kEmbedding. Cannot overflow: there are fewer than 2^20 tables.
inline uint64_t table_rows(const NetworkLayer& layer, const uint32_t* words) noexcept {
  uint64_t rows = 0;
  for (uint32_t i = 1; i < layer.num_words; i += 2) rows += words[layer.first_word + i];
  return rows;
}

/// Bytes of a layer's numbers, padding included.
inline uint64_t number_bytes(const NetworkLayer& layer, const uint32_t* words) noexcept {
  if (is_dense_layer(layer)) {
    return layer_numbers(dense_layer_of(layer), DenseElement::kFloat) * sizeof(float);
  }
  if (static_cast<NetworkKind>(layer.kind) != NetworkKind::kEmbedding) return 0;
  return (table_rows(layer, words) * layer.width * sizeof(float) + 63) / 64 * 64;
}

/// Floats that kDot works in: the vectors as a panel of weights, and all products.
constexpr uint64_t dot_room(const NetworkLayer& layer) {
  const uint32_t count = layer.num_inputs / layer.width;
  return (uint64_t{layer.width} + 1 + count) * value_stride(count);
}

/// Trusts nothing behind ModelHeader, whose fields open_model has checked.
Status verify_network(const ModelView& view) noexcept;

/// One layer that is none of a chain's, over a block of rows: what it reads lies in
/// operands[i][row * strides[i]], and `to` is as wide as value_stride().
struct NetworkOperands {
  const float* values[3];
  uint64_t strides[3];
};
void run_interaction(const NetworkLayer& layer, const NetworkOperands& operands, uint32_t num_rows,
                     float* to, float* room, const Kernels& kernels) noexcept;

}  // namespace mainspring

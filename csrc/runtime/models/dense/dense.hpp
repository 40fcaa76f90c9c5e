// The bytes of a chain of layers in the MODEL section, and the pointers into them: linear models
// (one layer) and small networks.
//
// Weights lie as the kernels read them, so that opening copies nothing and the bytes are the same
// on every machine: of a wide layer in panels, of a narrow one row by row.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// The type of all numbers between features and raw scores. Stored in bundles, never changes.
enum class DenseElement : uint32_t { kFloat = 1, kDouble = 2 };

/// Stored in bundles, never changes.
enum class LayerKind : uint32_t {
  kDense = 1,        // weights * x + bias
  kCenter = 2,       // (x - first) / second, number by number
  kScale = 3,        // x * first + second, number by number
  kNorm = 4,         // (x - mean of the row) / sqrt(variance of the row + epsilon) * first + second
  kDistance = 5,     // bias - the sum of weights * (x - centers)^2
  kBfloatDense = 6,  // as kDense, weights in bfloat16
  kInt8Dense = 7,    // as kDense, weights whole numbers of one byte times a scale of the output
};

/// What is applied to every number behind a layer. Stored in bundles, never changes.
enum class Activation : uint32_t {
  kIdentity = 0,
  kRelu = 1,
  kLeakyRelu = 2,  // x, below 0 slope * x
  kSigmoid = 3,
  kTanh = 4,
  kSilu = 5,      // x * sigmoid(x)
  kElu = 6,       // x, below 0 slope * (e^x - 1)
  kGelu = 7,      // x * erfc(-x / sqrt(2)) / 2
  kGeluTanh = 8,  // x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2
};
inline constexpr uint32_t kNumActivations = 9;

/// Behind ModelHeader. Then follow the DenseLayers, padded with zeros to a multiple of 64, and the
/// numbers of each layer, also padded; and nothing else.
struct DenseHeader {
  uint32_t num_layers;
  uint32_t element;  // DenseElement
  uint32_t reserved[14];
};
static_assert(sizeof(DenseHeader) == 64);

struct DenseLayer {
  uint32_t kind;  // LayerKind
  uint32_t num_inputs;
  uint32_t num_outputs;
  uint32_t activation;  // Activation
  double slope;         // of kLeakyRelu and kElu
  double epsilon;       // of kNorm
};
static_assert(sizeof(DenseLayer) == 32);

inline constexpr uint32_t kMaxDenseLayers = 64;
inline constexpr uint32_t kMaxLayerOutputs = 1u << 20;
/// A dense layer with fewer outputs is narrow.
inline constexpr uint32_t kMinPanelOutputs = 8;

constexpr bool is_narrow(const DenseLayer& layer) { return layer.num_outputs < kMinPanelOutputs; }

/// Of kBfloatDense and kInt8Dense, which are of floats: weights are shorter than what they are
/// multiplied with.
constexpr bool has_short_weights(const DenseLayer& layer) {
  return static_cast<LayerKind>(layer.kind) == LayerKind::kBfloatDense ||
         static_cast<LayerKind>(layer.kind) == LayerKind::kInt8Dense;
}

/// Outputs of a panel of short weights.
inline constexpr uint32_t kShortPanel = 32;

/// Floats that a panel of short weights takes. kBfloatDense: biases, then for each input words of
/// which number i has weight i in its lower half and weight i + 16 in its upper one. kInt8Dense:
/// biases, scales, then for each input a byte for each output; zeros for one more input where
/// their number is odd.
constexpr uint64_t short_panel_floats(const DenseLayer& layer) {
  const uint64_t inputs = layer.num_inputs;
  return static_cast<LayerKind>(layer.kind) == LayerKind::kBfloatDense
             ? kShortPanel + inputs * kShortPanel / 2
             : 2 * kShortPanel + (inputs + inputs % 2) * kShortPanel / 4;
}

constexpr uint64_t element_bytes(DenseElement element) {
  return element == DenseElement::kFloat ? sizeof(float) : sizeof(double);
}

/// `count` numbers rounded up to whole panels of 128 bytes.
constexpr uint64_t padded_count(uint64_t count, DenseElement element) {
  const uint64_t panel = 128 / element_bytes(element);
  return (count + panel - 1) / panel * panel;
}

/// Whether the numbers of a layer are those of its panels of outputs: all but narrow kDense, and
/// those that have two for each number.
constexpr bool has_panels(const DenseLayer& layer) {
  return static_cast<LayerKind>(layer.kind) == LayerKind::kDistance ||
         (static_cast<LayerKind>(layer.kind) == LayerKind::kDense && !is_narrow(layer));
}

/// Rows of numbers of a panel of outputs: biases, and for each input weights, of kDistance centers
/// and weights.
constexpr uint64_t panel_rows(const DenseLayer& layer) {
  const uint64_t of_input = static_cast<LayerKind>(layer.kind) == LayerKind::kDistance ? 2 : 1;
  return of_input * layer.num_inputs + 1;
}

/// Numbers of a layer, padding (zeros) included. kDistance, and kDense, wide: for each panel of
/// outputs its panel_rows(). kDense, narrow: a panel of biases, then the weights of each output.
/// Else: first, then second. Cannot overflow: counts are below 2^21.
constexpr uint64_t layer_numbers(const DenseLayer& layer, DenseElement element) {
  const uint64_t outputs = padded_count(layer.num_outputs, element);
  if (has_short_weights(layer)) return outputs / kShortPanel * short_panel_floats(layer);
  if (has_panels(layer)) return outputs * panel_rows(layer);
  if (static_cast<LayerKind>(layer.kind) != LayerKind::kDense) return 2 * outputs;
  return padded_count(1, element) + layer.num_outputs * padded_count(layer.num_inputs, element);
}

/// Where the numbers of the first layer begin in the section.
constexpr uint64_t first_numbers(const DenseHeader& header) {
  return sizeof(ModelHeader) + sizeof(DenseHeader) +
         (header.num_layers * sizeof(DenseLayer) + 63) / 64 * 64;
}

struct DenseView {
  const DenseHeader* header;
  const DenseLayer* layers;
  const uint8_t* numbers;  // of the first layer
};

inline DenseView view_dense(const uint8_t* section) noexcept {
  const auto* header = reinterpret_cast<const DenseHeader*>(section + sizeof(ModelHeader));
  return {header, reinterpret_cast<const DenseLayer*>(header + 1),
          section + first_numbers(*header)};
}

/// Trusts nothing behind ModelHeader, whose fields open_model has checked.
Status verify_dense(const ModelView& view) noexcept;

/// A layer's fields alone, and its numbers at `numbers`, as verify_dense() wants them.
bool layer_is_sound(const DenseLayer& layer) noexcept;
bool numbers_are_sound(const DenseLayer& layer, DenseElement element,
                       const uint8_t* numbers) noexcept;

/// Rows x[row * row_stride ..] through a layer and its activation, to rows as wide as whole panels
/// of its outputs: to[row * padded_count(num_outputs) ..]. What lies behind the outputs is of no
/// use.
void run_layer(const DenseLayer& layer, const float* x, uint64_t row_stride, uint32_t num_rows,
               const float* numbers, float* to, const Kernels& kernels) noexcept;
void run_layer(const DenseLayer& layer, const double* x, uint64_t row_stride, uint32_t num_rows,
               const double* numbers, double* to, const Kernels& kernels) noexcept;

/// Rows x[row * row_stride ..] that enter the layer `first_layer` to raw scores. `buffers`: two of
/// buffer_size numbers, each with room for the rows of every layer's padded outputs; x may be the
/// first of them.
void run_layers(const DenseView& dense, uint32_t first_layer, const float* x, uint64_t row_stride,
                uint32_t num_rows, float* buffers, uint64_t buffer_size, const Kernels& kernels,
                double* out) noexcept;
void run_layers(const DenseView& dense, uint32_t first_layer, const double* x, uint64_t row_stride,
                uint32_t num_rows, double* buffers, uint64_t buffer_size, const Kernels& kernels,
                double* out) noexcept;

/// Applies a layer's activation to `count` numbers, in place; `count` is any number.
void activate(const DenseLayer& layer, float* values, uint64_t count,
              const Kernels& kernels) noexcept;
void activate(const DenseLayer& layer, double* values, uint64_t count,
              const Kernels& kernels) noexcept;

}  // namespace mainspring

// Which instruction set's products run; and those of any CPU, whose weights are widened for the
// products of floats, since these know how to add with one rounding there.
#include "runtime/models/dense/short_weights.hpp"

namespace mainspring {

namespace {

/// Inputs whose weights are widened at a time.
constexpr uint32_t kFewInputs = 32;

float bfloat(uint32_t bits) { return __builtin_bit_cast(float, bits << 16); }

/// Weights of some inputs of a panel, input by input.
void widen(LayerKind kind, const float* weights, uint32_t first, uint32_t count, float* to) {
  if (kind == LayerKind::kBfloatDense) {
    constexpr uint32_t kHalf = kShortPanel / 2;
    const auto* words = reinterpret_cast<const uint32_t*>(weights) + uint64_t{first} * kHalf;
    for (uint32_t k = 0; k < count; ++k, words += kHalf, to += kShortPanel) {
      for (uint32_t i = 0; i < kHalf; ++i) {
        to[i] = bfloat(words[i] & 0xFFFF);
        to[i + kHalf] = bfloat(words[i] >> 16);
      }
    }
    return;
  }
  const auto* bytes = reinterpret_cast<const int8_t*>(weights) + uint64_t{first} * kShortPanel;
  for (uint32_t i = 0; i < count * kShortPanel; ++i) to[i] = static_cast<float>(bytes[i]);
}

/// Some inputs after the others: what was added up so far is the next ones' bias.
void multiply_widened(LayerKind kind, const ShortProduct& product, const Kernels& kernels) {
  const bool scaled = kind == LayerKind::kInt8Dense;
  const DenseLayer layer{static_cast<uint32_t>(kind), product.num_inputs, kShortPanel, 0, 0, 0};
  alignas(64) float room[(kFewInputs + 1) * kShortPanel];
  for (uint32_t panel = 0; panel < product.num_panels; ++panel) {
    const float* from = product.panels + panel * short_panel_floats(layer);
    const float* weights = from + (scaled ? 2 : 1) * kShortPanel;
    for (uint32_t row = 0; row < product.num_rows; ++row) {
      const float* x = product.x + row * product.row_stride;
      float* to = product.out + row * product.out_stride + panel * kShortPanel;
      for (uint32_t i = 0; i < kShortPanel; ++i) to[i] = scaled ? 0.0f : from[i];
      for (uint32_t first = 0; first < product.num_inputs; first += kFewInputs) {
        const uint32_t left = product.num_inputs - first;
        const uint32_t count = left < kFewInputs ? left : kFewInputs;
        for (uint32_t i = 0; i < kShortPanel; ++i) room[i] = to[i];
        widen(kind, weights, first, count, room + kShortPanel);
        kernels.multiply_panels_f32(x + first, product.row_stride, 1, room, count, 1, to,
                                    product.out_stride);
      }
      for (uint32_t i = 0; scaled && i < kShortPanel; ++i) {
        to[i] = to[i] * from[kShortPanel + i] + from[i];
      }
    }
  }
}

}  // namespace

void multiply_short_weights(LayerKind kind, const ShortProduct& product,
                            const Kernels& kernels) noexcept {
#if !defined(MAINSPRING_SMALL)
  MultiplyShort multiply = nullptr;
  if (kernels.level == IsaLevel::kAvx512) multiply = short_weights_avx512();
  if (kernels.level == IsaLevel::kAvx2) multiply = short_weights_avx2();
  if (multiply != nullptr) return multiply(kind, product);
#endif
  multiply_widened(kind, product, kernels);
}

}  // namespace mainspring

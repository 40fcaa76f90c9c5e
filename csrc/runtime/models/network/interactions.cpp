// Layers between values: products of vectors, crosses, sums. Each number is made of its row alone,
// in an order that the layer's sizes decide.
#include "runtime/core/memory.hpp"
#include "runtime/models/network/network.hpp"

namespace mainspring {

namespace {

/// All products of vectors at once, as those of a dense layer whose weights are the vectors
/// themselves (M. Naumov et al., "Deep Learning Recommendation Model", 2019, arXiv:1906.00091).
/// Twice the work, and faster than pair by pair: no sum waits for itself or is added up across. The
/// room's biases, and what lies behind the vectors in the last panel, are zeros.
void dot(const NetworkLayer& layer, const float* x, float* to, float* room,
         const Kernels& kernels) {
  const uint32_t width = layer.width;
  const uint32_t count = layer.num_inputs / width;
  constexpr uint32_t kPanel = 32;
  const auto num_panels = static_cast<uint32_t>(value_stride(count) / kPanel);
  float* const products = room + (uint64_t{width} + 1) * value_stride(count);
  for (uint32_t panel = 0; panel < num_panels; ++panel) {
    float* at = room + panel * (uint64_t{width} + 1) * kPanel;
    const float* from = x + uint64_t{panel} * kPanel * width;
    const uint32_t left = count - panel * kPanel;
    const uint32_t vectors = left < kPanel ? left : kPanel;
    for (uint32_t k = 0; k < width; ++k) {
      at += kPanel;
      for (uint32_t i = 0; i < vectors; ++i) at[i] = from[uint64_t{i} * width + k];
    }
  }
  kernels.multiply_panels_f32(x, width, count, room, width, num_panels, products,
                              value_stride(count));
  for (uint32_t i = 1; i < count; ++i) {
    const float* row = products + i * value_stride(count);
    for (uint32_t j = 0; j < i; ++j) *to++ = row[j];
  }
}

/// Half of (sum^2 - sum of squares), number by number of the vectors, summed (S. Rendle,
/// "Factorization Machines", ICDM 2010, doi:10.1109/ICDM.2010.127). The difference cancels: so
/// float64, rounded once.
float factorize(const NetworkLayer& layer, const float* x) {
  constexpr uint32_t kLanes = 32;
  double total = 0;
  for (uint32_t first = 0; first < layer.width; first += kLanes) {
    const uint32_t left = layer.width - first;
    const uint32_t lanes = left < kLanes ? left : kLanes;
    double sums[kLanes] = {};
    double squares[kLanes] = {};
    for (uint32_t at = first; at < layer.num_inputs; at += layer.width) {
      for (uint32_t i = 0; i < lanes; ++i) {
        const auto value = static_cast<double>(x[at + i]);
        sums[i] += value;
        squares[i] += value * value;
      }
    }
    for (uint32_t i = 0; i < lanes; ++i) total += sums[i] * sums[i] - squares[i];
  }
  return static_cast<float>(0.5 * total);
}

void combine(NetworkKind kind, uint32_t count, const float* first, const float* second,
             const float* third, float* to) {
  if (kind == NetworkKind::kCross) {
    for (uint32_t i = 0; i < count; ++i) to[i] = first[i] * second[i] + third[i];
  } else if (kind == NetworkKind::kAdd) {
    for (uint32_t i = 0; i < count; ++i) to[i] = first[i] + second[i];
  } else {
    for (uint32_t i = 0; i < count; ++i) to[i] = first[i] * second[i];
  }
}

}  // namespace

void run_interaction(const NetworkLayer& layer, const NetworkOperands& operands, uint32_t num_rows,
                     float* to, float* room, const Kernels& kernels) noexcept {
  const auto kind = static_cast<NetworkKind>(layer.kind);
  const uint64_t stride = value_stride(layer.num_outputs);
  if (kind == NetworkKind::kDot) fill_zero(room, dot_room(layer) * sizeof(float));
  for (uint32_t row = 0; row < num_rows; ++row) {
    const auto operand = [&](uint32_t i) { return operands.values[i] + row * operands.strides[i]; };
    float* const out = to + row * stride;
    if (kind == NetworkKind::kDot) {
      dot(layer, operand(0), out, room, kernels);
    } else if (kind == NetworkKind::kFactorization) {
      *out = factorize(layer, operand(0));
    } else {
      const float* third = kind == NetworkKind::kCross ? operand(2) : nullptr;
      combine(kind, layer.num_outputs, operand(0), operand(1), third, out);
    }
  }
}

}  // namespace mainspring

// One layer over a block of rows, whatever chain or network it belongs to.
#include "runtime/core/math.hpp"
#include "runtime/models/dense/dense.hpp"
#include "runtime/models/dense/short_weights.hpp"

namespace mainspring {

namespace {

void multiply(const DenseLayer& layer, const float* x, uint64_t row_stride, uint32_t num_rows,
              const float* numbers, float* out, uint64_t out_stride, const Kernels& kernels) {
  if (has_short_weights(layer)) {
    multiply_short_weights(static_cast<LayerKind>(layer.kind),
                           {x, row_stride, num_rows, numbers, layer.num_inputs,
                            static_cast<uint32_t>(out_stride / kShortPanel), out, out_stride},
                           kernels);
  } else if (is_narrow(layer)) {
    kernels.multiply_rows_f32(x, row_stride, num_rows, numbers, layer.num_inputs, layer.num_outputs,
                              out, out_stride);
  } else {
    kernels.multiply_panels_f32(x, row_stride, num_rows, numbers, layer.num_inputs,
                                static_cast<uint32_t>(out_stride * sizeof(float) / 128), out,
                                out_stride);
  }
}

void multiply(const DenseLayer& layer, const double* x, uint64_t row_stride, uint32_t num_rows,
              const double* numbers, double* out, uint64_t out_stride, const Kernels& kernels) {
  if (is_narrow(layer)) {
    kernels.multiply_rows_f64(x, row_stride, num_rows, numbers, layer.num_inputs, layer.num_outputs,
                              out, out_stride);
  } else {
    kernels.multiply_panels_f64(x, row_stride, num_rows, numbers, layer.num_inputs,
                                static_cast<uint32_t>(out_stride * sizeof(double) / 128), out,
                                out_stride);
  }
}

template <class T>
void scale(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
           const T* first, const T* second, T* out, uint64_t out_stride) {
  const bool centers = static_cast<LayerKind>(layer.kind) == LayerKind::kCenter;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const T* from = x + row * row_stride;
    T* to = out + row * out_stride;
    if (centers) {
      for (uint32_t i = 0; i < layer.num_outputs; ++i) to[i] = (from[i] - first[i]) / second[i];
    } else {
      for (uint32_t i = 0; i < layer.num_outputs; ++i) to[i] = from[i] * first[i] + second[i];
    }
  }
}

/// Sums are float64, in ascending order.
template <class T>
void normalize(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
               const T* first, const T* second, T* out, uint64_t out_stride) {
  const uint32_t count = layer.num_outputs;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const T* from = x + row * row_stride;
    T* to = out + row * out_stride;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < count; ++i) sum += static_cast<double>(from[i]);
    const double mean = sum / count;
    for (uint32_t i = 0; i < count; ++i) {
      const double distance = static_cast<double>(from[i]) - mean;
      squares += distance * distance;
    }
    const double divisor = sqrt_value(squares / count + layer.epsilon);
    for (uint32_t i = 0; i < count; ++i) {
      const double normal = (static_cast<double>(from[i]) - mean) / divisor;
      to[i] =
          static_cast<T>(normal * static_cast<double>(first[i]) + static_cast<double>(second[i]));
    }
  }
}

/// A panel of outputs at a time: biases, less what each input takes away, in ascending order.
template <class T>
void subtract_distances(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
                        const T* numbers, T* out, uint64_t out_stride) {
  constexpr uint32_t kPanel = 128 / sizeof(T);
  for (uint32_t first = 0; first < layer.num_outputs; first += kPanel) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      const T* from = x + row * row_stride;
      T sums[kPanel];
      for (uint32_t i = 0; i < kPanel; ++i) sums[i] = numbers[i];
      const T* of_input = numbers + kPanel;
      for (uint32_t k = 0; k < layer.num_inputs; ++k, of_input += 2 * kPanel) {
        for (uint32_t i = 0; i < kPanel; ++i) {
          const T distance = from[k] - of_input[i];
          sums[i] -= distance * distance * of_input[kPanel + i];
        }
      }
      T* to = out + row * out_stride + first;
      for (uint32_t i = 0; i < kPanel; ++i) to[i] = sums[i];
    }
    numbers += panel_rows(layer) * kPanel;
  }
}

template <class T>
void run(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
         const T* numbers, T* to, const Kernels& kernels) {
  constexpr auto kElement =
      sizeof(T) == sizeof(float) ? DenseElement::kFloat : DenseElement::kDouble;
  const uint64_t to_stride = padded_count(layer.num_outputs, kElement);
  const auto kind = static_cast<LayerKind>(layer.kind);
  const bool multiplies = kind == LayerKind::kDense || has_short_weights(layer);
  if (multiplies) {
    multiply(layer, x, row_stride, num_rows, numbers, to, to_stride, kernels);
  } else if (kind == LayerKind::kNorm) {
    normalize(layer, x, row_stride, num_rows, numbers, numbers + to_stride, to, to_stride);
  } else if (kind == LayerKind::kDistance) {
    subtract_distances(layer, x, row_stride, num_rows, numbers, to, to_stride);
  } else {
    scale(layer, x, row_stride, num_rows, numbers, numbers + to_stride, to, to_stride);
  }
  // What lies behind the outputs of a narrow layer was never written.
  if (multiplies && (has_short_weights(layer) || !is_narrow(layer))) {
    activate(layer, to, num_rows * to_stride, kernels);
  } else {
    for (uint32_t row = 0; row < num_rows; ++row) {
      activate(layer, to + row * to_stride, layer.num_outputs, kernels);
    }
  }
}

}  // namespace

void run_layer(const DenseLayer& layer, const float* x, uint64_t row_stride, uint32_t num_rows,
               const float* numbers, float* to, const Kernels& kernels) noexcept {
  run(layer, x, row_stride, num_rows, numbers, to, kernels);
}

void run_layer(const DenseLayer& layer, const double* x, uint64_t row_stride, uint32_t num_rows,
               const double* numbers, double* to, const Kernels& kernels) noexcept {
  run(layer, x, row_stride, num_rows, numbers, to, kernels);
}

}  // namespace mainspring

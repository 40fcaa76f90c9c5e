// Functions behind layers. Those of float32 are computed in float64 and rounded once: so they are
// within a hair of correctly rounded, and share the engine's own exp.
#include "runtime/core/erf.hpp"
#include "runtime/core/math.hpp"
#include "runtime/models/dense/dense.hpp"

namespace mainspring {

namespace {

template <class T>
void relu(T* values, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) values[i] = values[i] <= 0 ? T{0} : values[i];  // NaN stays
}

template <class T>
void leaky_relu(T* values, uint64_t count, T slope) {
  for (uint64_t i = 0; i < count; ++i) values[i] = values[i] < 0 ? values[i] * slope : values[i];
}

/// At most kTileRows values.
void smooth(const DenseLayer& layer, double* values, uint32_t count, const Kernels& kernels) {
  constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1;
  constexpr double kMinusTwoRoots = -0x1.9884533d43651p0;  // -2 * sqrt(2 / pi)
  double rest[kTileRows];
  switch (static_cast<Activation>(layer.activation)) {
    case Activation::kTanh: kernels.tanh(values, values, count); break;
    case Activation::kSigmoid:
    case Activation::kSilu: {
      const bool times_x = static_cast<Activation>(layer.activation) == Activation::kSilu;
      for (uint32_t i = 0; i < count; ++i) rest[i] = -values[i];
      kernels.exp(rest, rest, count);
      for (uint32_t i = 0; i < count; ++i) {
        const double sigmoid = 1.0 / (1.0 + rest[i]);
        values[i] = times_x ? values[i] * sigmoid : sigmoid;
      }
      break;
    }
    case Activation::kElu:
      for (uint32_t i = 0; i < count; ++i) {
        if (values[i] < 0) values[i] = layer.slope * expm1_value(values[i]);
      }
      break;
    case Activation::kGelu:
      for (uint32_t i = 0; i < count; ++i) {
        values[i] = 0.5 * values[i] * erfc_value(-values[i] * kRootHalf);
      }
      break;
    case Activation::kGeluTanh:
      for (uint32_t i = 0; i < count; ++i) {
        const double x = values[i];
        rest[i] = kMinusTwoRoots * (x + 0.044715 * (x * x * x));
      }
      kernels.exp(rest, rest, count);
      // (1 + tanh(y)) / 2 without its cancellation.
      for (uint32_t i = 0; i < count; ++i) values[i] *= 1.0 / (1.0 + rest[i]);
      break;
    case Activation::kIdentity:
    case Activation::kRelu:
    case Activation::kLeakyRelu: break;
  }
}

uint32_t tile_length(uint64_t left) {
  return left < kTileRows ? static_cast<uint32_t>(left) : kTileRows;
}

/// Whether the activation was one of those that need no exp.
template <class T>
bool activate_simply(const DenseLayer& layer, T* values, uint64_t count) {
  switch (static_cast<Activation>(layer.activation)) {
    case Activation::kIdentity: return true;
    case Activation::kRelu: relu(values, count); return true;
    case Activation::kLeakyRelu:
      leaky_relu(values, count, static_cast<T>(layer.slope));
      return true;
    default: return false;
  }
}

}  // namespace

void activate(const DenseLayer& layer, double* values, uint64_t count,
              const Kernels& kernels) noexcept {
  if (activate_simply(layer, values, count)) return;
  for (uint64_t done = 0; done < count; done += kTileRows) {
    smooth(layer, values + done, tile_length(count - done), kernels);
  }
}

void activate(const DenseLayer& layer, float* values, uint64_t count,
              const Kernels& kernels) noexcept {
  if (activate_simply(layer, values, count)) return;
  for (uint64_t done = 0; done < count; done += kTileRows) {
    const uint32_t length = tile_length(count - done);
    double wide[kTileRows];
    kernels.widen_f32(values + done, wide, length);
    smooth(layer, wide, length, kernels);
    kernels.narrow_f64(wide, values + done, length);
  }
}

}  // namespace mainspring

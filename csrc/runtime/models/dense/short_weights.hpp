// Products of rows of float32 with weights of two bytes or one: half or a quarter of the memory
// that floats take. Each product is added with one rounding, in the order of the inputs, so that
// every level gives the same bits.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/dense/dense.hpp"

namespace mainspring {

/// Rows x[row * row_stride ..] of num_inputs numbers times whole panels of kShortPanel outputs, to
/// out[row * out_stride + output].
struct ShortProduct {
  const float* x;
  uint64_t row_stride;
  uint32_t num_rows;
  const float* panels;  // as short_panel_floats() says
  uint32_t num_inputs;
  uint32_t num_panels;
  float* out;
  uint64_t out_stride;
};

/// `kind` is kBfloatDense or kInt8Dense.
void multiply_short_weights(LayerKind kind, const ShortProduct& product,
                            const Kernels& kernels) noexcept;

using MultiplyShort = void (*)(LayerKind kind, const ShortProduct& product) noexcept;
MultiplyShort short_weights_avx2() noexcept;    // null where not compiled in
MultiplyShort short_weights_avx512() noexcept;  // null where not compiled in

}  // namespace mainspring

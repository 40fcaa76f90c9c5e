// Chains of layers with weights of two bytes or one: half or a quarter of the memory, for scores
// that are a little other ones.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/dense/dense.hpp"

namespace mainspring {

/// The MODEL section of the same chain, in float32, whose dense layers of 8 or more outputs are of
/// `kind`, kBfloatDense or kInt8Dense: each weight is the nearest in bfloat16, or the nearest whole
/// number of 127ths of the largest weight of its output. Throws Error(kUnsupported) for a model
/// that is no chain or has no such layer.
std::vector<uint8_t> short_weights(const ModelView& model, LayerKind kind);

}  // namespace mainspring

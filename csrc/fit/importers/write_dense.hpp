// Layers as readers give them, and their way into the bytes of a MODEL section.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/dense/dense.hpp"

namespace mainspring {

struct SourceLayer {
  LayerKind kind = LayerKind::kDense;
  Activation activation = Activation::kIdentity;
  double slope = 0;
  double epsilon = 0;  // of kNorm
  uint32_t num_inputs = 0;
  uint32_t num_outputs = 0;
  std::vector<double> first;   // kDense: weights[output][input]; kDistance: centers, then weights
  std::vector<double> second;  // kDense: biases
};

struct SourceDense {
  DenseElement element = DenseElement::kDouble;
  Link link = Link::kIdentity;
  uint32_t num_classes = 0;
  std::vector<SourceLayer> layers;  // at least one; first and second as long as they must be
};

/// The layer as the section describes it.
DenseLayer record_of(const SourceLayer& layer);

/// Its numbers as they lie in a section; `to` holds zeros.
void pack_layer(const SourceLayer& layer, DenseElement element, uint8_t* to);

/// The MODEL section. Throws Error(kData) when a number is not finite, a divisor is 0 or layers do
/// not follow each other, and when float32 cannot hold a number.
std::vector<uint8_t> write_dense(const SourceDense& source);

}  // namespace mainspring

// Reads layers as dense.hpp lays them out.
#include "host/linear_terms.hpp"

#include "host/error.hpp"
#include "runtime/models/dense/dense.hpp"

namespace mainspring {

namespace {

[[noreturn]] void refuse_network() {
  throw Error(ErrorKind::kUnsupported,
              "A network with hidden layers cannot be explained; expected a forest or a linear "
              "model. Explain a forest that was trained on its predictions.")
      .expected("a forest or a linear model")
      .got("a network");
}

/// Numbers of a section, whatever their type.
class Numbers {
 public:
  Numbers(const uint8_t* at, DenseElement element) : at_(at), element_(element) {}
  double operator[](uint64_t i) const {
    return element_ == DenseElement::kFloat
               ? static_cast<double>(reinterpret_cast<const float*>(at_)[i])
               : reinterpret_cast<const double*>(at_)[i];
  }

 private:
  const uint8_t* at_;
  DenseElement element_;
};

std::vector<double> weights_of(const DenseLayer& layer, const Numbers& numbers,
                               DenseElement element) {
  const uint64_t panel = padded_count(1, element), num_inputs = layer.num_inputs;
  const uint64_t row = padded_count(num_inputs, element);
  std::vector<double> weights;
  weights.reserve(layer.num_outputs * num_inputs);
  for (uint64_t output = 0; output < layer.num_outputs; ++output) {
    for (uint64_t input = 0; input < num_inputs; ++input) {
      weights.push_back(
          is_narrow(layer)
              ? numbers[panel + output * row + input]
              : numbers[(output / panel * (num_inputs + 1) + 1 + input) * panel + output % panel]);
    }
  }
  return weights;
}

}  // namespace

LinearTerms::LinearTerms(const ModelView& model) : num_features_(model.header->num_features) {
  const DenseView dense = view_dense(model.section);
  const auto element = static_cast<DenseElement>(dense.header->element);
  const uint8_t* at = dense.numbers;
  for (uint32_t i = 0; i < dense.header->num_layers; ++i) {
    const DenseLayer& layer = dense.layers[i];
    const auto kind = static_cast<LayerKind>(layer.kind);
    const Numbers numbers(at, element);
    at += layer_numbers(layer, element) * element_bytes(element);
    if (!weights_.empty() || kind == LayerKind::kNorm || has_short_weights(layer) ||
        static_cast<Activation>(layer.activation) != Activation::kIdentity) {
      refuse_network();
    }
    if (kind == LayerKind::kDense) {
      weights_ = weights_of(layer, numbers, element);
      continue;
    }
    Scaling scaling{kind == LayerKind::kCenter, {}, {}};
    const uint64_t second = padded_count(layer.num_outputs, element);
    for (uint64_t k = 0; k < layer.num_outputs; ++k) {
      scaling.first.push_back(numbers[k]);
      scaling.second.push_back(numbers[second + k]);
    }
    scalings_.push_back(std::move(scaling));
  }
  if (weights_.empty()) refuse_network();
}

double LinearTerms::scaled(uint32_t feature, double value) const {
  for (const Scaling& scaling : scalings_) {
    const double first = scaling.first[feature], second = scaling.second[feature];
    value = scaling.is_center ? (value - first) / second : value * first + second;
  }
  return value;
}

}  // namespace mainspring

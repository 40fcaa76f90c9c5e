// Packs weights as models/dense/dense.hpp says.
#include "fit/importers/write_dense.hpp"

#include <cstring>

#include "fit/importers/check_section.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

template <class T>
void pack(const SourceLayer& source, const DenseLayer& layer, DenseElement element, T* to) {
  const uint64_t panel = padded_count(1, element);
  const uint64_t outputs = padded_count(layer.num_outputs, element);
  const uint64_t num_inputs = layer.num_inputs;
  const auto weight = [&](uint64_t output, uint64_t input) {
    return static_cast<T>(source.first[output * num_inputs + input]);
  };
  if (source.kind == LayerKind::kDistance) {
    const uint64_t weights_at = uint64_t{layer.num_outputs} * num_inputs;
    for (uint64_t i = 0; i < layer.num_outputs; ++i) {
      T* at = to + i / panel * panel * panel_rows(layer) + i % panel;
      *at = static_cast<T>(source.second[i]);
      for (uint64_t k = 0; k < num_inputs; ++k) {
        at[(2 * k + 1) * panel] = weight(i, k);
        at[(2 * k + 2) * panel] = static_cast<T>(source.first[weights_at + i * num_inputs + k]);
      }
    }
  } else if (source.kind != LayerKind::kDense) {
    for (uint32_t i = 0; i < layer.num_outputs; ++i) {
      to[i] = static_cast<T>(source.first[i]);
      to[outputs + i] = static_cast<T>(source.second[i]);
    }
  } else if (is_narrow(layer)) {
    const uint64_t inputs = padded_count(num_inputs, element);
    for (uint32_t i = 0; i < layer.num_outputs; ++i) {
      to[i] = static_cast<T>(source.second[i]);
      for (uint64_t k = 0; k < num_inputs; ++k) to[panel + i * inputs + k] = weight(i, k);
    }
  } else {
    for (uint64_t i = 0; i < layer.num_outputs; ++i) {
      T* at = to + i / panel * panel * (num_inputs + 1) + i % panel;
      // Not -0, to which a sum over the inputs that are not 0 would not add what all inputs do.
      *at = static_cast<T>(source.second[i]) + T{0};
      for (uint64_t k = 0; k < num_inputs; ++k) at[(k + 1) * panel] = weight(i, k);
    }
  }
}

}  // namespace

DenseLayer record_of(const SourceLayer& from) {
  return {static_cast<uint32_t>(from.kind),       from.num_inputs, from.num_outputs,
          static_cast<uint32_t>(from.activation), from.slope,      from.epsilon};
}

void pack_layer(const SourceLayer& source, DenseElement element, uint8_t* to) {
  if (element == DenseElement::kFloat) {
    pack(source, record_of(source), element, reinterpret_cast<float*>(to));
  } else {
    pack(source, record_of(source), element, reinterpret_cast<double*>(to));
  }
}

std::vector<uint8_t> write_dense(const SourceDense& source) {
  const SourceLayer& last = source.layers.back();
  ModelHeader model{};
  model.code = static_cast<uint32_t>(ModelCode::kDense);
  model.num_features = source.layers.front().num_inputs;
  model.num_outputs = last.num_outputs;
  model.link = static_cast<uint32_t>(source.link);
  model.link_scale = 1;
  model.link_divisor = 1;
  model.num_classes = source.num_classes;
  DenseHeader header{};
  header.num_layers = static_cast<uint32_t>(source.layers.size());
  header.element = static_cast<uint32_t>(source.element);

  std::vector<DenseLayer> layers;
  uint64_t length = first_numbers(header);
  for (const SourceLayer& from : source.layers) {
    layers.push_back(record_of(from));
    length += layer_numbers(layers.back(), source.element) * element_bytes(source.element);
  }
  std::vector<uint8_t> section(length, 0);
  std::memcpy(section.data(), &model, sizeof model);
  std::memcpy(section.data() + sizeof model, &header, sizeof header);
  std::memcpy(section.data() + sizeof model + sizeof header, layers.data(),
              layers.size() * sizeof(DenseLayer));
  uint8_t* at = section.data() + first_numbers(header);
  for (size_t i = 0; i < layers.size(); ++i) {
    pack_layer(source.layers[i], source.element, at);
    at += layer_numbers(layers[i], source.element) * element_bytes(source.element);
  }
  check_section(section,
                "The model's layers hold a number that is not finite (or no float32, in a network "
                "of float32), a divisor of 0, or do not follow each other. Train the model again.");
  return section;
}

}  // namespace mainspring

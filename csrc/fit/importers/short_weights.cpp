// Reads the numbers of a chain back, and packs them again with shorter weights.
#include "fit/importers/short_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "fit/importers/check_section.hpp"
#include "fit/importers/write_dense.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

/// The numbers of a layer of any element.
class LayerNumbers {
 public:
  LayerNumbers(const DenseLayer& layer, DenseElement element, const uint8_t* numbers)
      : layer_(layer), element_(element), numbers_(numbers) {}

  double at(uint64_t i) const {
    if (element_ == DenseElement::kFloat) {
      return static_cast<double>(reinterpret_cast<const float*>(numbers_)[i]);
    }
    return reinterpret_cast<const double*>(numbers_)[i];
  }

  /// As a reader would have given them.
  SourceLayer read() const {
    SourceLayer source;
    source.kind = static_cast<LayerKind>(layer_.kind);
    source.activation = static_cast<Activation>(layer_.activation);
    source.slope = layer_.slope;
    source.epsilon = layer_.epsilon;
    source.num_inputs = layer_.num_inputs;
    source.num_outputs = layer_.num_outputs;
    const uint64_t panel = padded_count(1, element_), outputs = layer_.num_outputs;
    if (!has_panels(layer_) && source.kind == LayerKind::kDense) {
      const uint64_t inputs = padded_count(layer_.num_inputs, element_);
      for (uint64_t i = 0; i < outputs; ++i) {
        source.second.push_back(at(i));
        for (uint64_t k = 0; k < layer_.num_inputs; ++k) {
          source.first.push_back(at(panel + i * inputs + k));
        }
      }
    } else if (!has_panels(layer_)) {
      for (uint64_t i = 0; i < outputs; ++i) {
        source.first.push_back(at(i));
        source.second.push_back(at(padded_count(outputs, element_) + i));
      }
    } else {
      read_panels(panel, source);
    }
    return source;
  }

 private:
  void read_panels(uint64_t panel, SourceLayer& source) const {
    const uint64_t inputs = layer_.num_inputs, step = (panel_rows(layer_) - 1) / inputs;
    std::vector<double> weights;  // of kDistance, behind all centers
    for (uint64_t i = 0; i < layer_.num_outputs; ++i) {
      const uint64_t first = i / panel * panel * panel_rows(layer_) + i % panel;
      source.second.push_back(at(first));
      for (uint64_t k = 0; k < inputs; ++k) {
        source.first.push_back(at(first + (step * k + 1) * panel));
        if (step == 2) weights.push_back(at(first + (2 * k + 2) * panel));
      }
    }
    source.first.insert(source.first.end(), weights.begin(), weights.end());
  }

  const DenseLayer& layer_;
  DenseElement element_;
  const uint8_t* numbers_;
};

/// The nearest, of two as near the even one.
uint32_t nearest_bfloat(double value) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

void pack_bfloats(const SourceLayer& source, const DenseLayer& layer, float* panels) {
  constexpr uint64_t kHalf = kShortPanel / 2;
  for (uint64_t i = 0; i < layer.num_outputs; ++i) {
    float* panel = panels + i / kShortPanel * short_panel_floats(layer);
    const uint64_t place = i % kShortPanel;
    panel[place] = static_cast<float>(source.second[i]);
    auto* words = reinterpret_cast<uint32_t*>(panel + kShortPanel);
    for (uint64_t k = 0; k < layer.num_inputs; ++k) {
      const uint32_t weight = nearest_bfloat(source.first[i * layer.num_inputs + k]);
      words[k * kHalf + place % kHalf] |= place < kHalf ? weight : weight << 16;
    }
  }
}

void pack_int8(const SourceLayer& source, const DenseLayer& layer, float* panels) {
  for (uint64_t i = 0; i < layer.num_outputs; ++i) {
    float* panel = panels + i / kShortPanel * short_panel_floats(layer);
    const uint64_t place = i % kShortPanel;
    const double* weights = source.first.data() + i * layer.num_inputs;
    double largest = 0;
    for (uint64_t k = 0; k < layer.num_inputs; ++k) {
      largest = std::max(largest, std::fabs(weights[k]));
    }
    const auto scale = static_cast<float>(largest / 127);
    panel[place] = static_cast<float>(source.second[i]);
    panel[kShortPanel + place] = scale;
    auto* bytes = reinterpret_cast<int8_t*>(panel + 2 * kShortPanel);
    for (uint64_t k = 0; k < layer.num_inputs; ++k) {
      // The scale of a layer of next to nothing is 0.
      const double units = scale > 0 ? weights[k] / static_cast<double>(scale) : 0;
      bytes[k * kShortPanel + place] =
          static_cast<int8_t>(std::clamp(std::nearbyint(units), -127.0, 127.0));
    }
  }
}

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorKind::kUnsupported,
              std::string("The model ") + what +
                  "; expected a chain of layers of which one has 8 or more outputs. Leave its "
                  "weights as they are: weights='library'.")
      .expected("a chain of layers of which one has 8 or more outputs");
}

}  // namespace

std::vector<uint8_t> short_weights(const ModelView& model, LayerKind kind) {
  if (static_cast<ModelCode>(model.header->code) != ModelCode::kDense) {
    refuse("is no chain of layers, so it has no weights that could be shorter");
  }
  const DenseView dense = view_dense(model.section);
  const auto element = static_cast<DenseElement>(dense.header->element);
  const uint8_t* numbers = dense.numbers;
  std::vector<SourceLayer> sources;
  std::vector<DenseLayer> layers;
  bool any = false;
  for (uint32_t i = 0; i < dense.header->num_layers; ++i) {
    const DenseLayer& layer = dense.layers[i];
    if (has_short_weights(layer)) refuse("has weights of two bytes or one already");
    sources.push_back(LayerNumbers(layer, element, numbers).read());
    numbers += layer_numbers(layer, element) * element_bytes(element);
    layers.push_back(layer);
    if (static_cast<LayerKind>(layer.kind) == LayerKind::kDense && !is_narrow(layer)) {
      layers.back().kind = static_cast<uint32_t>(kind);
      any = true;
    }
  }
  if (!any) refuse("has no layer of 8 or more outputs");

  DenseHeader header = *dense.header;
  header.element = static_cast<uint32_t>(DenseElement::kFloat);
  uint64_t length = first_numbers(header);
  for (const DenseLayer& layer : layers) {
    length += layer_numbers(layer, DenseElement::kFloat) * sizeof(float);
  }
  std::vector<uint8_t> section(length, 0);
  std::memcpy(section.data(), model.section, sizeof(ModelHeader));
  std::memcpy(section.data() + sizeof(ModelHeader), &header, sizeof header);
  std::memcpy(section.data() + sizeof(ModelHeader) + sizeof header, layers.data(),
              layers.size() * sizeof(DenseLayer));
  uint8_t* at = section.data() + first_numbers(header);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!has_short_weights(layers[i])) {
      pack_layer(sources[i], DenseElement::kFloat, at);
    } else if (kind == LayerKind::kBfloatDense) {
      pack_bfloats(sources[i], layers[i], reinterpret_cast<float*>(at));
    } else {
      pack_int8(sources[i], layers[i], reinterpret_cast<float*>(at));
    }
    at += layer_numbers(layers[i], DenseElement::kFloat) * sizeof(float);
  }
  check_section(section,
                "The model's layers hold a number that float32 or bfloat16 cannot hold. Leave its "
                "weights as they are: weights='library'.");
  return section;
}

}  // namespace mainspring

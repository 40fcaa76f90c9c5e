// Checks every count and number of a chain of layers once, so that the kernels need no check.
#include <cstddef>

#include "runtime/models/dense/dense.hpp"

namespace mainspring {

namespace {

constexpr Status corrupt(uint64_t byte) { return {Code::kCorrupt, byte}; }

bool all_zero(const uint8_t* bytes, uint64_t first, uint64_t last) {
  uint8_t seen = 0;
  for (uint64_t at = first; at < last; ++at) seen |= bytes[at];
  return seen == 0;
}

bool takes_slope(Activation activation) {
  return activation == Activation::kLeakyRelu || activation == Activation::kElu;
}

/// `used` finite numbers of the `count` at `numbers`, and zeros behind them.
template <class T>
bool are_sound(const T* numbers, uint64_t used, uint64_t count) {
  bool sound = true;
  for (uint64_t i = 0; i < used; ++i) sound &= numbers[i] - numbers[i] == 0;
  return sound &&
         all_zero(reinterpret_cast<const uint8_t*>(numbers), used * sizeof(T), count * sizeof(T));
}

template <class T>
bool no_zero(const T* numbers, uint64_t count) {
  bool sound = true;
  for (uint64_t i = 0; i < count; ++i) sound &= numbers[i] != 0;
  return sound;
}

bool is_finite_bfloat(uint32_t bits) { return (bits & 0x7F80) != 0x7F80; }

/// Words of one input: of the outputs behind the layer's the bits are 0.
bool are_sound_bfloats(const uint32_t* words, uint64_t used) {
  bool sound = true;
  for (uint32_t i = 0; i < kShortPanel / 2; ++i) {
    const uint32_t low = words[i] & 0xFFFF, high = words[i] >> 16;
    sound &= is_finite_bfloat(low) && is_finite_bfloat(high) && (i < used || low == 0) &&
             (i + kShortPanel / 2 < used || high == 0);
  }
  return sound;
}

bool short_numbers_are_sound(const DenseLayer& layer, const float* numbers) {
  const bool is_bfloat = static_cast<LayerKind>(layer.kind) == LayerKind::kBfloatDense;
  for (uint64_t first = 0; first < layer.num_outputs; first += kShortPanel) {
    const uint64_t left = layer.num_outputs - first;
    const uint64_t used = left < kShortPanel ? left : kShortPanel;
    if (!are_sound(numbers, used, kShortPanel)) return false;
    if (!is_bfloat && !are_sound(numbers + kShortPanel, used, kShortPanel)) return false;
    const float* weights = numbers + (is_bfloat ? 1 : 2) * kShortPanel;
    const auto* words = reinterpret_cast<const uint32_t*>(weights);
    const auto* bytes = reinterpret_cast<const uint8_t*>(weights);
    for (uint32_t k = 0; k < layer.num_inputs; ++k) {
      if (is_bfloat ? !are_sound_bfloats(words + uint64_t{k} * kShortPanel / 2, used)
                    : !all_zero(bytes + uint64_t{k} * kShortPanel, used, kShortPanel)) {
        return false;
      }
    }
    if (!is_bfloat && layer.num_inputs % 2 != 0 &&
        !all_zero(bytes + uint64_t{layer.num_inputs} * kShortPanel, 0, kShortPanel)) {
      return false;
    }
    numbers += short_panel_floats(layer);
  }
  return true;
}

template <class T>
bool numbers_are_sound(const DenseLayer& layer, DenseElement element, const T* numbers) {
  const uint64_t outputs = padded_count(layer.num_outputs, element);
  const uint64_t panel = padded_count(1, element);
  if (has_panels(layer)) {
    for (uint64_t first = 0; first < outputs; first += panel) {
      const uint64_t left = layer.num_outputs - first;
      for (uint64_t row = 0; row < panel_rows(layer); ++row, numbers += panel) {
        if (!are_sound(numbers, left < panel ? left : panel, panel)) return false;
      }
    }
    return true;
  }
  if (static_cast<LayerKind>(layer.kind) != LayerKind::kDense) {
    const T* second = numbers + outputs;
    return are_sound(numbers, layer.num_outputs, outputs) &&
           are_sound(second, layer.num_outputs, outputs) &&
           (static_cast<LayerKind>(layer.kind) != LayerKind::kCenter ||
            no_zero(second, layer.num_outputs));
  }
  if (!are_sound(numbers, layer.num_outputs, panel)) return false;
  const uint64_t inputs = padded_count(layer.num_inputs, element);
  for (uint32_t i = 0; i < layer.num_outputs; ++i) {
    if (!are_sound(numbers + panel + i * inputs, layer.num_inputs, inputs)) return false;
  }
  return true;
}

}  // namespace

bool layer_is_sound(const DenseLayer& layer) noexcept {
  if (layer.kind < static_cast<uint32_t>(LayerKind::kDense) ||
      layer.kind > static_cast<uint32_t>(LayerKind::kInt8Dense) ||
      layer.activation >= kNumActivations || layer.num_inputs == 0 || layer.num_outputs == 0 ||
      layer.num_inputs > kMaxLayerOutputs || layer.num_outputs > kMaxLayerOutputs) {
    return false;
  }
  const bool is_norm = static_cast<LayerKind>(layer.kind) == LayerKind::kNorm;
  if (is_norm ? !(layer.epsilon >= 0 && layer.epsilon - layer.epsilon == 0)
              : __builtin_bit_cast(uint64_t, layer.epsilon) != 0) {
    return false;
  }
  if (static_cast<LayerKind>(layer.kind) != LayerKind::kDense &&
      static_cast<LayerKind>(layer.kind) != LayerKind::kDistance && !has_short_weights(layer) &&
      layer.num_inputs != layer.num_outputs) {
    return false;
  }
  return takes_slope(static_cast<Activation>(layer.activation))
             ? layer.slope - layer.slope == 0
             : __builtin_bit_cast(uint64_t, layer.slope) == 0;
}

bool numbers_are_sound(const DenseLayer& layer, DenseElement element,
                       const uint8_t* numbers) noexcept {
  if (has_short_weights(layer)) {
    return element == DenseElement::kFloat &&
           short_numbers_are_sound(layer, reinterpret_cast<const float*>(numbers));
  }
  return element == DenseElement::kFloat
             ? numbers_are_sound(layer, element, reinterpret_cast<const float*>(numbers))
             : numbers_are_sound(layer, element, reinterpret_cast<const double*>(numbers));
}

Status verify_dense(const ModelView& view) noexcept {
  constexpr uint64_t kHeaderAt = sizeof(ModelHeader);
  constexpr uint64_t kLayersAt = kHeaderAt + sizeof(DenseHeader);
  const uint8_t* section = view.section;
  if (view.section_length < kLayersAt) return {Code::kTruncated, view.section_length};
  const auto& header = *reinterpret_cast<const DenseHeader*>(section + kHeaderAt);
  const auto element = static_cast<DenseElement>(header.element);
  if (header.num_layers == 0 || header.num_layers > kMaxDenseLayers ||
      (element != DenseElement::kFloat && element != DenseElement::kDouble) ||
      !all_zero(section, kHeaderAt + offsetof(DenseHeader, reserved), kLayersAt)) {
    return corrupt(kHeaderAt);
  }
  uint64_t at = first_numbers(header);
  if (at > view.section_length) return {Code::kTruncated, kHeaderAt};
  if (!all_zero(section, kLayersAt + header.num_layers * sizeof(DenseLayer), at)) {
    return corrupt(kLayersAt);
  }
  const DenseView dense = view_dense(section);
  uint32_t width = view.header->num_features;
  // Sizes first: every layer's counts are bounded, and so is their sum.
  uint64_t end = at;
  for (uint32_t i = 0; i < header.num_layers; ++i) {
    const DenseLayer& layer = dense.layers[i];
    if (!layer_is_sound(layer) || layer.num_inputs != width ||
        (has_short_weights(layer) && element != DenseElement::kFloat)) {
      return corrupt(kLayersAt + i * sizeof(DenseLayer));
    }
    width = layer.num_outputs;
    end += layer_numbers(layer, element) * element_bytes(element);
  }
  if (width != view.header->num_outputs) return corrupt(kLayersAt);
  if (end != view.section_length) {
    return {end > view.section_length ? Code::kTruncated : Code::kCorrupt, kHeaderAt};
  }
  for (uint32_t i = 0; i < header.num_layers; ++i) {
    if (!numbers_are_sound(dense.layers[i], element, section + at)) return corrupt(at);
    at += layer_numbers(dense.layers[i], element) * element_bytes(element);
  }
  return kOkStatus;
}

}  // namespace mainspring

// Checks every count, word and number of a network once, so that the kernels need no check.
#include <cstddef>

#include "runtime/models/network/network.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kHeaderAt = sizeof(ModelHeader);
constexpr uint64_t kLayersAt = kHeaderAt + sizeof(NetworkHeader);

constexpr Status corrupt(uint64_t byte) { return {Code::kCorrupt, byte}; }

bool all_zero(const uint8_t* bytes, uint64_t first, uint64_t last) {
  uint8_t seen = 0;
  for (uint64_t at = first; at < last; ++at) seen |= bytes[at];
  return seen == 0;
}

bool is_known(uint32_t kind) {
  return (kind >= static_cast<uint32_t>(NetworkKind::kDense) &&
          kind <= static_cast<uint32_t>(NetworkKind::kNorm)) ||
         (kind >= static_cast<uint32_t>(NetworkKind::kFeatures) &&
          kind <= static_cast<uint32_t>(NetworkKind::kMultiply));
}

/// Layers that are read: how many a kind wants; 0: any number.
uint32_t wanted_operands(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kJoin: return 0;
    case NetworkKind::kCross: return 3;
    case NetworkKind::kAdd:
    case NetworkKind::kMultiply: return 2;
    default: return 1;
  }
}

/// What is alike in all kinds: a layer of a chain says it, too.
bool fields_are_sound(const NetworkLayer& layer) {
  DenseLayer alike = dense_layer_of(layer);
  if (!is_dense_layer(layer)) {
    alike.kind = static_cast<uint32_t>(LayerKind::kDense);
  }
  return is_known(layer.kind) && layer_is_sound(alike) && layer.num_words != 0 &&
         all_zero(reinterpret_cast<const uint8_t*>(&layer), offsetof(NetworkLayer, reserved),
                  sizeof layer);
}

/// Of kFeatures and kEmbedding.
bool reads_features(const NetworkLayer& layer, const uint32_t* words, uint32_t num_features) {
  const bool is_embedding = static_cast<NetworkKind>(layer.kind) == NetworkKind::kEmbedding;
  const uint32_t stride = is_embedding ? 2 : 1;
  if (uint64_t{layer.num_inputs} * stride != layer.num_words) return false;
  if (is_embedding
          ? layer.width == 0 || uint64_t{layer.num_inputs} * layer.width != layer.num_outputs
          : layer.width != 0 || layer.num_inputs != layer.num_outputs) {
    return false;
  }
  for (uint32_t i = 0; i < layer.num_words; i += stride) {
    if (words[i] >= num_features) return false;
    if (is_embedding && (words[i + 1] == 0 || words[i + 1] > kMaxTableRows)) return false;
  }
  return true;
}

/// Of vectors: whether the outputs are as many as they must be.
bool vectors_are_sound(const NetworkLayer& layer) {
  if (layer.width == 0 || layer.num_inputs % layer.width != 0) return false;
  const uint64_t count = layer.num_inputs / layer.width;
  if (static_cast<NetworkKind>(layer.kind) == NetworkKind::kFactorization) {
    return layer.num_outputs == 1;
  }
  return count <= kMaxVectors && layer.num_outputs == count * (count - 1) / 2;
}

/// Of the others: what it reads was made before, and has the numbers that it takes.
bool reads_values(const NetworkView& network, uint32_t number) {
  const NetworkLayer& layer = network.layers[number];
  const auto kind = static_cast<NetworkKind>(layer.kind);
  const uint32_t* words = network.words + layer.first_word;
  const uint32_t wanted = wanted_operands(kind);
  if (wanted != 0 && layer.num_words != wanted) return false;
  uint64_t total = 0;
  for (uint32_t i = 0; i < layer.num_words; ++i) {
    if (words[i] >= number) return false;
    const uint32_t count = network.layers[words[i]].num_outputs;
    if (wanted != 0 && count != layer.num_inputs) return false;
    total += count;
  }
  if (kind == NetworkKind::kDot || kind == NetworkKind::kFactorization) {
    return vectors_are_sound(layer);
  }
  if (layer.width != 0) return false;
  if (kind == NetworkKind::kJoin && total != layer.num_inputs) return false;
  return is_dense_layer(layer) || layer.num_inputs == layer.num_outputs;
}

bool layer_reads_soundly(const NetworkView& network, uint32_t number, uint32_t num_features) {
  const NetworkLayer& layer = network.layers[number];
  const auto kind = static_cast<NetworkKind>(layer.kind);
  return kind == NetworkKind::kFeatures || kind == NetworkKind::kEmbedding
             ? reads_features(layer, network.words + layer.first_word, num_features)
             : reads_values(network, number);
}

bool table_is_sound(const NetworkLayer& layer, const uint32_t* words, const uint8_t* numbers,
                    uint64_t length) {
  const auto* values = reinterpret_cast<const float*>(numbers);
  const uint64_t count = table_rows(layer, words) * layer.width;
  bool sound = true;
  for (uint64_t i = 0; i < count; ++i) sound &= values[i] - values[i] == 0;
  return sound && all_zero(numbers, count * sizeof(float), length);
}

}  // namespace

Status verify_network(const ModelView& view) noexcept {
  const uint8_t* section = view.section;
  if (view.section_length < kLayersAt) return {Code::kTruncated, view.section_length};
  const auto& header = *reinterpret_cast<const NetworkHeader*>(section + kHeaderAt);
  if (header.num_layers == 0 || header.num_layers > kMaxNetworkLayers ||
      !all_zero(section, kHeaderAt + offsetof(NetworkHeader, reserved), kLayersAt)) {
    return corrupt(kHeaderAt);
  }
  uint64_t at = network_numbers_at(header);
  if (at > view.section_length) return {Code::kTruncated, kHeaderAt};
  if (!all_zero(section, words_at(header) + header.num_words * sizeof(uint32_t), at)) {
    return corrupt(words_at(header));
  }
  const NetworkView network = view_network(section);
  // Sizes first: every layer's counts are bounded, and so is their sum.
  uint64_t end = at;
  uint64_t num_numbers = 0;
  uint64_t num_words = 0;
  for (uint32_t i = 0; i < header.num_layers; ++i) {
    const NetworkLayer& layer = network.layers[i];
    const uint64_t where = kLayersAt + i * sizeof(NetworkLayer);
    if (!fields_are_sound(layer) || layer.first_word != num_words) return corrupt(where);
    num_words += layer.num_words;
    if (num_words > header.num_words ||
        !layer_reads_soundly(network, i, view.header->num_features)) {
      return corrupt(where);
    }
    num_numbers += value_stride(layer.num_outputs);
    if (num_numbers > kMaxNetworkNumbers) return corrupt(where);
    const uint64_t bytes = number_bytes(layer, network.words);
    if (bytes > view.section_length - end) return {Code::kTruncated, where};
    end += bytes;
  }
  if (num_words != header.num_words) return corrupt(words_at(header));
  if (network.layers[header.num_layers - 1].num_outputs != view.header->num_outputs) {
    return corrupt(kLayersAt);
  }
  if (end != view.section_length) return corrupt(kHeaderAt);
  for (uint32_t i = 0; i < header.num_layers; ++i) {
    const NetworkLayer& layer = network.layers[i];
    const uint64_t bytes = number_bytes(layer, network.words);
    const bool sound =
        is_dense_layer(layer)
            ? numbers_are_sound(dense_layer_of(layer), DenseElement::kFloat, section + at)
            : table_is_sound(layer, network.words, section + at, bytes);
    if (!sound) return corrupt(at);
    at += bytes;
  }
  return kOkStatus;
}

}  // namespace mainspring

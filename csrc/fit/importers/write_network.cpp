// Packs layers as models/network/network.hpp says.
#include "fit/importers/write_network.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "fit/importers/check_section.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

[[noreturn]] void refuse(size_t number, const std::string& reason) {
  throw Error(ErrorKind::kData, "Layer " + std::to_string(number) + " of the network " + reason);
}

bool is_embedding(const SourceNetworkLayer& layer) { return layer.kind == NetworkKind::kEmbedding; }

/// Numbers that come in and go out, of a kind that has no arrays of its own.
void set_sizes(const SourceNetworkLayer& source, size_t number,
               const std::vector<NetworkLayer>& before, NetworkLayer& layer) {
  uint64_t total = 0;
  for (const uint32_t read : source.reads) {
    if (read >= number) refuse(number, "reads layer " + std::to_string(read) + ", a later one.");
    total += before[read].num_outputs;
  }
  const uint64_t inputs =
      source.kind == NetworkKind::kJoin ? total : before[source.reads.front()].num_outputs;
  uint64_t outputs = inputs;
  if (source.kind == NetworkKind::kDot || source.kind == NetworkKind::kFactorization) {
    if (source.width == 0 || inputs % source.width != 0) {
      refuse(number, "takes vectors of " + std::to_string(source.width) +
                         " numbers, and is given " + std::to_string(inputs) + " numbers.");
    }
    const uint64_t count = inputs / source.width;
    outputs = source.kind == NetworkKind::kDot ? count * (count - 1) / 2 : 1;
  }
  if (inputs > kMaxNetworkNumbers || outputs > kMaxNetworkNumbers) {
    refuse(number, "makes more numbers than the 1,048,576 that a network may.");
  }
  layer.num_inputs = static_cast<uint32_t>(inputs);
  layer.num_outputs = static_cast<uint32_t>(outputs);
}

NetworkLayer record_of(const SourceNetworkLayer& source, size_t number,
                       const std::vector<NetworkLayer>& before, const SourceNetwork& network) {
  if (source.reads.empty()) refuse(number, "reads nothing.");
  NetworkLayer layer{};
  layer.kind = static_cast<uint32_t>(source.kind);
  layer.activation = static_cast<uint32_t>(source.dense.activation);
  layer.slope = source.dense.slope;
  layer.epsilon = source.dense.epsilon;
  layer.width = source.width;
  layer.num_words = static_cast<uint32_t>(source.reads.size() * (is_embedding(source) ? 2 : 1));
  layer.first_word = before.empty() ? 0 : before.back().first_word + before.back().num_words;
  if (is_embedding(source) || source.kind == NetworkKind::kFeatures) {
    for (const uint32_t feature : source.reads) {
      if (feature < network.num_features) continue;
      refuse(number, "reads feature " + std::to_string(feature) + " of " +
                         std::to_string(network.num_features) + ".");
    }
    const uint64_t count = source.reads.size();
    const uint64_t outputs = is_embedding(source) ? count * source.width : count;
    if (outputs > kMaxNetworkNumbers) refuse(number, "makes more than 1,048,576 numbers.");
    layer.num_inputs = static_cast<uint32_t>(count);
    layer.num_outputs = static_cast<uint32_t>(outputs);
  } else if (is_dense_layer(layer)) {
    layer.num_inputs = source.dense.num_inputs;
    layer.num_outputs = source.dense.num_outputs;
  } else {
    set_sizes(source, number, before, layer);
  }
  return layer;
}

}  // namespace

std::vector<uint8_t> write_network(const SourceNetwork& source) {
  std::vector<NetworkLayer> layers;
  std::vector<uint32_t> words;
  for (const SourceNetworkLayer& from : source.layers) {
    layers.push_back(record_of(from, layers.size(), layers, source));
    for (size_t i = 0; i < from.reads.size(); ++i) {
      words.push_back(from.reads[i]);
      if (is_embedding(from)) words.push_back(from.rows[i]);
    }
  }
  ModelHeader model{};
  model.code = static_cast<uint32_t>(ModelCode::kNetwork);
  model.num_features = source.num_features;
  model.num_outputs = layers.back().num_outputs;
  model.link = static_cast<uint32_t>(source.link);
  model.link_scale = 1;
  model.link_divisor = 1;
  model.num_classes = source.num_classes;
  NetworkHeader header{};
  header.num_layers = static_cast<uint32_t>(layers.size());
  header.num_words = static_cast<uint32_t>(words.size());

  uint64_t length = network_numbers_at(header);
  for (const NetworkLayer& layer : layers) length += number_bytes(layer, words.data());
  std::vector<uint8_t> section(length, 0);
  std::memcpy(section.data(), &model, sizeof model);
  std::memcpy(section.data() + sizeof model, &header, sizeof header);
  std::memcpy(section.data() + sizeof model + sizeof header, layers.data(),
              layers.size() * sizeof(NetworkLayer));
  std::memcpy(section.data() + words_at(header), words.data(), words.size() * sizeof(uint32_t));
  uint8_t* at = section.data() + network_numbers_at(header);
  for (size_t i = 0; i < layers.size(); ++i) {
    const SourceNetworkLayer& from = source.layers[i];
    if (is_dense_layer(layers[i])) {
      pack_layer(from.dense, DenseElement::kFloat, at);
    } else if (is_embedding(from)) {
      std::memcpy(at, from.tables.data(), from.tables.size() * sizeof(float));
    }
    at += number_bytes(layers[i], words.data());
  }
  check_section(section,
                "The network's layers hold a number that is not finite or no float32, a divisor of "
                "0, or do not fit those that they read. Train the model again.");
  return section;
}

}  // namespace mainspring

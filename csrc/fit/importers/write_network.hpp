// Layers of a network as readers give them, and their way into the bytes of a MODEL section.
#pragma once
#include <cstdint>
#include <vector>

#include "fit/importers/write_dense.hpp"
#include "runtime/models/network/network.hpp"

namespace mainspring {

struct SourceNetworkLayer {
  NetworkKind kind = NetworkKind::kFeatures;
  /// Features of kFeatures and kEmbedding, else the layers that are read.
  std::vector<uint32_t> reads;
  /// Of a layer of a chain all of it, else its activation alone.
  SourceLayer dense;
  std::vector<uint32_t> rows;  // of kEmbedding: of each table
  std::vector<float> tables;   // one behind the other
  uint32_t width = 0;          // of vectors
};

struct SourceNetwork {
  uint32_t num_features = 0;
  Link link = Link::kIdentity;
  uint32_t num_classes = 0;
  std::vector<SourceNetworkLayer> layers;  // at least one
};

/// The MODEL section. Throws Error(kData) when layers do not fit each other, or a number is not
/// finite.
std::vector<uint8_t> write_network(const SourceNetwork& source);

}  // namespace mainspring

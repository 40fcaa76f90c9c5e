// Networks for Python's readers: layers that read each other in, the bytes of a MODEL section out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/source_layers.hpp"
#include "fit/importers/model_image.hpp"
#include "fit/importers/write_network.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

constexpr std::pair<std::string_view, NetworkKind> kNetworkKinds[] = {
    {"dense", NetworkKind::kDense},
    {"center", NetworkKind::kCenter},
    {"scale", NetworkKind::kScale},
    {"norm", NetworkKind::kNorm},
    {"features", NetworkKind::kFeatures},
    {"embedding", NetworkKind::kEmbedding},
    {"join", NetworkKind::kJoin},
    {"dot", NetworkKind::kDot},
    {"factorization", NetworkKind::kFactorization},
    {"cross", NetworkKind::kCross},
    {"add", NetworkKind::kAdd},
    {"multiply", NetworkKind::kMultiply}};

NetworkKind network_kind(std::string_view word) {
  std::string expected;
  for (const auto& [name, kind] : kNetworkKinds) {
    if (name == word) return kind;
    expected += (expected.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  throw Error(ErrorKind::kParameter,
              "A layer's kind is '" + std::string(word) + "', expected one of " + expected + ".")
      .expected(expected)
      .got(word);
}

/// All rows of all tables, and how many each has.
void read_tables(const py::handle& tables, const py::handle& rows, SourceNetworkLayer& layer) {
  const BufferView view(tables.ptr(), 'f', false, "A table of embeddings");
  layer.tables.assign(view.data<float>(), view.data<float>() + view.count());
  layer.rows = rows.cast<std::vector<uint32_t>>();
  uint64_t total = 0;
  for (const uint32_t count : layer.rows) total += count;
  if (layer.rows.size() != layer.reads.size() || total == 0 || view.count() % total != 0 ||
      view.count() / total > kMaxNetworkNumbers) {
    throw Error(ErrorKind::kData, "The tables of embeddings have " + std::to_string(view.count()) +
                                      " numbers, which do not go together with " +
                                      std::to_string(total) + " rows of " +
                                      std::to_string(layer.reads.size()) + " tables.");
  }
  layer.width = static_cast<uint32_t>(view.count() / total);
}

/// (kind, reads, first, second, activation, slope, epsilon).
SourceNetworkLayer read_network_layer(const py::tuple& layer) {
  SourceNetworkLayer read;
  const auto kind = layer[0].cast<std::string>();
  read.kind = network_kind(kind);
  read.reads = layer[1].cast<std::vector<uint32_t>>();
  if (read.kind <= NetworkKind::kNorm) {
    read.dense = read_layer(kind, layer[2], layer[3]);
  } else if (read.kind == NetworkKind::kEmbedding) {
    read_tables(layer[2], layer[3], read);
  } else if (read.kind == NetworkKind::kDot || read.kind == NetworkKind::kFactorization) {
    read.width = layer[3].cast<uint32_t>();
  }
  set_activation(read.dense, layer[4].cast<std::string>(), layer[5].cast<double>());
  read.dense.epsilon = layer[6].cast<double>();
  return read;
}

ModelImage make_network(const py::list& layers, const std::string& link, uint32_t num_classes,
                        std::vector<std::string> feature_names, std::string description) {
  SourceNetwork source;
  source.num_features = static_cast<uint32_t>(feature_names.size());
  source.link = link_of(link);
  source.num_classes = num_classes;
  for (const py::handle layer : layers) {
    source.layers.push_back(read_network_layer(layer.cast<py::tuple>()));
  }
  if (source.layers.empty()) throw Error(ErrorKind::kData, "The network has no layers.");
  ModelImage image;
  for (const SourceNetworkLayer& layer : source.layers) {
    for (size_t i = 0; i < layer.rows.size(); ++i) {
      image.embeddings.emplace_back(layer.reads[i], layer.rows[i]);
    }
  }
  image.section = write_network(source);
  image.feature_names = std::move(feature_names);
  image.kind = "network";
  image.link = link_name(source.link);
  image.description = std::move(description);
  image.num_outputs = reinterpret_cast<const ModelHeader*>(image.section.data())->num_outputs;
  image.num_classes = num_classes;
  return image;
}

}  // namespace

void register_network(py::module_& module) {
  module.def(
      "make_network", &make_network, py::arg("layers"), py::arg("link"), py::arg("num_classes"),
      py::arg("feature_names"), py::arg("description"),
      "A network of layers (kind, reads, first, second, activation, slope, epsilon): kinds, first "
      "and second of make_dense but 'distance', each of one layer before; 'features' of the "
      "numbers "
      "in reads; 'embedding' of ids, with the float32 rows of all tables in first and the number "
      "of "
      "each table's in second; 'join'; 'dot' and 'factorization' of vectors of second numbers; "
      "'cross' first * second + third; 'add'; 'multiply'.");
}

}  // namespace mainspring::bind

// Chains of layers for Python's readers: arrays in, the bytes of a MODEL section out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind/source_layers.hpp"
#include "fit/importers/model_image.hpp"
#include "fit/importers/write_dense.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

/// Of layers (kind, first, second, activation, slope, epsilon).
ModelImage make_dense(const std::string& element, const py::list& layers, const std::string& link,
                      uint32_t num_classes, std::vector<std::string> feature_names,
                      std::string description) {
  SourceDense source;
  source.element = element_of(element);
  source.link = link_of(link);
  source.num_classes = num_classes;
  for (const py::handle item : layers) {
    const auto layer = item.cast<py::tuple>();
    source.layers.push_back(read_layer(layer[0].cast<std::string>(), layer[1], layer[2]));
    set_activation(source.layers.back(), layer[3].cast<std::string>(), layer[4].cast<double>());
    source.layers.back().epsilon = layer[5].cast<double>();
  }
  if (source.layers.empty()) throw Error(ErrorKind::kData, "The model has no layers.");
  if (feature_names.size() != source.layers.front().num_inputs) {
    throw Error(ErrorKind::kData, "The model has " + std::to_string(feature_names.size()) +
                                      " feature names, but its first layer takes " +
                                      std::to_string(source.layers.front().num_inputs) +
                                      " numbers.");
  }
  ModelImage image;
  image.section = write_dense(source);
  image.feature_names = std::move(feature_names);
  image.kind = "dense";
  image.link = link_name(source.link);
  image.description = std::move(description);
  image.num_outputs = source.layers.back().num_outputs;
  image.num_classes = num_classes;
  return image;
}

}  // namespace

void register_dense(py::module_& module) {
  module.def(
      "make_dense", &make_dense, py::arg("element"), py::arg("layers"), py::arg("link"),
      py::arg("num_classes"), py::arg("feature_names"), py::arg("description"),
      "A model of layers (kind, first, second, activation, slope, epsilon): 'dense' with weights "
      "(outputs, inputs) and biases, 'center' (x - first) / second, 'scale' x * first + "
      "second, 'norm' as 'scale' of the row less its mean, divided by the root of its variance "
      "plus epsilon, 'distance' second - sum of weights * (x - centers)^2 with centers and weights "
      "(2 * outputs, inputs) in first; arrays of float64.");
}

}  // namespace mainspring::bind

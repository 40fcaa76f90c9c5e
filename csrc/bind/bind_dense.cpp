// Chains of layers for Python's readers: arrays in, the bytes of a MODEL section out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bind/buffers.hpp"
#include "fit/importers/model_image.hpp"
#include "fit/importers/write_dense.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

template <class E>
struct DenseWord {
  std::string_view word;
  E value;
};

constexpr DenseWord<DenseElement> kElements[] = {{"float32", DenseElement::kFloat},
                                                 {"float64", DenseElement::kDouble}};
constexpr DenseWord<LayerKind> kLayerKinds[] = {{"dense", LayerKind::kDense},
                                                {"center", LayerKind::kCenter},
                                                {"scale", LayerKind::kScale},
                                                {"norm", LayerKind::kNorm},
                                                {"distance", LayerKind::kDistance}};
constexpr DenseWord<Activation> kActivations[] = {{"identity", Activation::kIdentity},
                                                  {"relu", Activation::kRelu},
                                                  {"leaky_relu", Activation::kLeakyRelu},
                                                  {"sigmoid", Activation::kSigmoid},
                                                  {"tanh", Activation::kTanh},
                                                  {"silu", Activation::kSilu},
                                                  {"elu", Activation::kElu},
                                                  {"gelu", Activation::kGelu},
                                                  {"gelu_tanh", Activation::kGeluTanh}};
constexpr DenseWord<Link> kDenseLinks[] = {{"identity", Link::kIdentity},
                                           {"sigmoid", Link::kSigmoid},
                                           {"softmax", Link::kSoftmax},
                                           {"exp", Link::kExp},
                                           {"sigmoid_share", Link::kSigmoidShare}};

template <class E, size_t kCount>
E value_of(const DenseWord<E> (&words)[kCount], std::string_view word, const char* what) {
  for (const DenseWord<E>& known : words) {
    if (known.word == word) return known.value;
  }
  std::string expected;
  for (const DenseWord<E>& known : words) {
    expected += (expected.empty() ? "'" : ", '") + std::string(known.word) + "'";
  }
  throw Error(ErrorKind::kParameter, std::string(what) + " is '" + std::string(word) +
                                         "', expected one of " + expected + ".")
      .expected(expected)
      .got(word);
}

std::vector<double> numbers_of(const py::handle& array) {
  const BufferView view(array.ptr(), 'd', false, "A layer's array");
  return {view.data<double>(), view.data<double>() + view.count()};
}

/// (kind, first, second, activation, slope, epsilon): weights (outputs, inputs) and biases, or two
/// arrays.
SourceLayer read_layer(const py::tuple& layer) {
  SourceLayer read;
  read.kind = value_of(kLayerKinds, layer[0].cast<std::string>(), "A layer's kind");
  read.first = numbers_of(layer[1]);
  read.second = numbers_of(layer[2]);
  read.activation = value_of(kActivations, layer[3].cast<std::string>(), "A layer's activation");
  read.slope = layer[4].cast<double>();
  read.epsilon = layer[5].cast<double>();
  const size_t num_outputs = read.second.size();
  const bool is_distance = read.kind == LayerKind::kDistance;
  const bool is_dense = read.kind == LayerKind::kDense || is_distance;
  // Numbers of one input.
  const size_t column = num_outputs * (is_distance ? 2 : 1);
  const bool fits = num_outputs != 0 && num_outputs <= kMaxLayerOutputs &&
                    (is_dense ? !read.first.empty() && read.first.size() % column == 0 &&
                                    read.first.size() / column <= kMaxLayerOutputs
                              : read.first.size() == num_outputs);
  if (!fits) {
    throw Error(ErrorKind::kData, "A layer's arrays have " + std::to_string(read.first.size()) +
                                      " and " + std::to_string(num_outputs) +
                                      " numbers, which do not go together.");
  }
  read.num_outputs = static_cast<uint32_t>(num_outputs);
  read.num_inputs = static_cast<uint32_t>(is_dense ? read.first.size() / column : num_outputs);
  return read;
}

ModelImage make_dense(const std::string& element, const py::list& layers, const std::string& link,
                      uint32_t num_classes, std::vector<std::string> feature_names,
                      std::string description) {
  SourceDense source;
  source.element = value_of(kElements, element, "The element type");
  source.link = value_of(kDenseLinks, link, "The link");
  source.num_classes = num_classes;
  for (const py::handle layer : layers)
    source.layers.push_back(read_layer(layer.cast<py::tuple>()));
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

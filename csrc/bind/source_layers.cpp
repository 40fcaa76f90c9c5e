// Tables of the words that Python's readers use for types, kinds and functions, and arrays as
// layers.
#include "bind/source_layers.hpp"

#include <string>
#include <vector>

#include "bind/buffers.hpp"
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

}  // namespace

DenseElement element_of(std::string_view word) {
  return value_of(kElements, word, "The element type");
}

Link link_of(std::string_view word) { return value_of(kDenseLinks, word, "The link"); }

void set_activation(SourceLayer& layer, std::string_view word, double slope) {
  layer.activation = value_of(kActivations, word, "A layer's activation");
  layer.slope = slope;
}

SourceLayer read_layer(std::string_view kind, const py::handle& first, const py::handle& second) {
  SourceLayer read;
  read.kind = value_of(kLayerKinds, kind, "A layer's kind");
  read.first = numbers_of(first);
  read.second = numbers_of(second);
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

}  // namespace mainspring::bind

// Models made of other models, for Python's readers: images and nodes in, the bytes of a MODEL
// section out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bind/bundle.hpp"
#include "fit/importers/model_image.hpp"
#include "fit/importers/write_composite.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

constexpr std::pair<std::string_view, CompositeKind> kCompositeWords[] = {
    {"model", CompositeKind::kModel},
    {"gather", CompositeKind::kGather},
    {"average", CompositeKind::kAverage},
    {"votes", CompositeKind::kVotes},
    {"logistic", CompositeKind::kLogistic},
    {"interpolate", CompositeKind::kInterpolate},
    {"share", CompositeKind::kShare},
    {"complement", CompositeKind::kComplement},
    {"median", CompositeKind::kMedian},
    {"highest", CompositeKind::kHighest},
    {"log", CompositeKind::kLog}};

CompositeKind composite_kind(std::string_view word) {
  for (const auto& [known, kind] : kCompositeWords) {
    if (known == word) return kind;
  }
  throw Error(ErrorKind::kParameter, "The node kind '" + std::string(word) + "' is not known.");
}

/// (kind, width, inputs (source, first, count), numbers, part, output).
SourceComposite::Node read_node(const py::tuple& node) {
  SourceComposite::Node read;
  read.kind = composite_kind(node[0].cast<std::string>());
  read.width = node[1].cast<uint32_t>();
  for (const py::handle item : node[2].cast<py::list>()) {
    const auto input = item.cast<py::tuple>();
    read.inputs.push_back(
        {input[0].cast<uint32_t>(), input[1].cast<uint32_t>(), input[2].cast<uint32_t>(), 0});
  }
  read.numbers = node[3].cast<std::vector<double>>();
  read.part = node[4].cast<uint32_t>();
  read.output = output_kind(node[5].cast<std::string>());
  return read;
}

ModelImage make_composite(const py::list& parts, const py::list& nodes, int64_t finished_by,
                          uint32_t num_classes, std::vector<std::string> feature_names,
                          std::string description) {
  SourceComposite source;
  source.num_features = static_cast<uint32_t>(feature_names.size());
  source.num_classes = num_classes;
  source.finished_by = finished_by;
  if (nodes.empty() || finished_by >= static_cast<int64_t>(parts.size())) {
    throw Error(ErrorKind::kParameter, "A model made of models needs nodes, and its last part.");
  }
  ModelImage image;
  for (const py::handle item : parts) {
    const auto& part = item.cast<const ModelImage&>();
    source.parts.push_back(part.section);
    image.num_trees += part.num_trees;
  }
  for (const py::handle node : nodes) source.nodes.push_back(read_node(node.cast<py::tuple>()));
  image.section = write_composite(source);
  ModelHeader header{};
  std::memcpy(&header, image.section.data(), sizeof header);
  image.feature_names = std::move(feature_names);
  image.kind = "composite";
  image.link = link_name(static_cast<Link>(header.link));
  image.description = std::move(description);
  image.num_outputs = header.num_outputs;
  image.num_classes = header.num_classes;
  return image;
}

}  // namespace

void register_composite(py::module_& module) {
  module.def("make_composite", &make_composite, py::arg("parts"), py::arg("nodes"),
             py::arg("finished_by"), py::arg("num_classes"), py::arg("feature_names"),
             py::arg("description"),
             "A model made of models. Nodes are (kind, width, inputs, numbers, part, output), and "
             "inputs (source, first_column, num_columns): source 0 is the features, k the node "
             "k - 1. The last node gives the raw scores; what becomes of them is as in the part "
             "finished_by, or nothing when that is -1.");
}

}  // namespace mainspring::bind

// Readers of other libraries' models, for Python: text in, the bytes of sections out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <string_view>

#include "bind/class_labels.hpp"
#include "bind/plain_values.hpp"
#include "fit/data_section.hpp"
#include "fit/derive_forest.hpp"
#include "fit/importers/catboost.hpp"
#include "fit/importers/class_labels.hpp"
#include "fit/importers/lightgbm.hpp"
#include "fit/importers/onnx.hpp"
#include "fit/importers/short_weights.hpp"
#include "fit/importers/xgboost.hpp"
#include "host/error.hpp"
#include "runtime/models/model.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

ModelImage read_lightgbm_bytes(const py::bytes& text, const std::string& subject) {
  const std::string_view view = text;
  const py::gil_scoped_release release;
  return read_lightgbm(view, subject);
}

ModelImage read_catboost_bytes(const py::bytes& bytes, const std::string& subject) {
  const std::string_view view = bytes;
  const py::gil_scoped_release release;
  return read_catboost(view, subject);
}

ModelImage read_onnx_bytes(const py::bytes& bytes, const std::string& subject) {
  const std::string_view view = bytes;
  const py::gil_scoped_release release;
  return read_onnx(view, subject);
}

ModelImage read_xgboost_bytes(const py::bytes& bytes, const std::string& subject) {
  const std::string_view view = bytes;
  const py::gil_scoped_release release;
  return read_xgboost(view, subject);
}

py::bytes section_of(const ModelImage& image) { return bytes_of(image.section); }

py::bytes labels_of(const ModelImage& image) { return bytes_of(image.labels); }

ModelImage labelled(const ModelImage& image, const py::list& labels, const std::string& decision,
                    double threshold) {
  const bool is_raw = decision == "raw";
  if (!is_raw && decision != "probability") {
    throw Error(ErrorKind::kParameter,
                "The decision is '" + decision + "', expected 'raw' or 'probability'.")
        .expected("'raw' or 'probability'")
        .got(decision);
  }
  return with_labels(image, read_class_labels(labels),
                     is_raw ? Decision::kRaw : Decision::kProbability, threshold);
}

/// The same forest with sums in fixed point.
ModelImage with_fixed_sums(const ModelImage& image) {
  const std::vector<uint8_t, SectionAllocator<uint8_t>> aligned(image.section.begin(),
                                                                image.section.end());
  ModelView view{};
  if (!open_model(aligned.data(), aligned.size(), &view).ok()) {
    throw Error(ErrorKind::kData, "The model's section is damaged; read the model again.");
  }
  ModelImage fixed = image;
  fixed.section = fixed_sums(view);
  constexpr std::string_view kWords = ", sums in fixed point";
  if (!fixed.description.ends_with(kWords)) fixed.description += kWords;
  return fixed;
}

/// The same chain of layers with weights in another type.
ModelImage with_weights(const ModelImage& image, const std::string& type) {
  if (type != "bfloat16" && type != "int8") {
    throw Error(ErrorKind::kParameter,
                "The type of weights is '" + type + "', expected 'bfloat16' or 'int8'.")
        .expected("'bfloat16' or 'int8'")
        .got(type);
  }
  const std::vector<uint8_t, SectionAllocator<uint8_t>> aligned(image.section.begin(),
                                                                image.section.end());
  ModelView view{};
  if (!open_model(aligned.data(), aligned.size(), &view).ok()) {
    throw Error(ErrorKind::kData, "The model's section is damaged; read the model again.");
  }
  ModelImage shorter = image;
  shorter.section =
      short_weights(view, type == "int8" ? LayerKind::kInt8Dense : LayerKind::kBfloatDense);
  shorter.description += ", weights in " + type;
  return shorter;
}

/// Names of all kinds of models.
py::list model_kinds() {
  uint32_t count = 0;
  const Model* const* models = model_list(&count);
  py::list names;
  for (uint32_t i = 0; i < count; ++i) names.append(models[i]->name);
  return names;
}

}  // namespace

void register_model(py::module_& module) {
  py::class_<ModelImage>(module, "ModelImage",
                         "A model of another library, read: the bytes of its MODEL section.")
      .def_property_readonly("section", &section_of)
      .def_property_readonly("labels", &labels_of,
                             "The section LABL; empty: predict gives numbers.")
      .def("with_labels", &labelled, py::arg("labels"), py::arg("decision"), py::arg("threshold"),
           "The same model, whose predict gives one of these labels for each class, all bool, int, "
           "float or str: that of the highest score, 'raw' or 'probability'; with one output, the "
           "second where it is above the threshold, which several outputs leave aside.")
      .def("with_fixed_sums", &with_fixed_sums,
           "The same forest, whose leaves are rounded to whole numbers of one unit, so that sums "
           "are exact. Raises UnsupportedError where the model is no forest.")
      .def("with_weights", &with_weights, py::arg("type"),
           "The same chain of layers in float32, the weights of its layers of 8 or more outputs in "
           "'bfloat16' or 'int8'. Raises UnsupportedError where there is no such layer.")
      .def_readonly("feature_names", &ModelImage::feature_names)
      .def_readonly("kind", &ModelImage::kind)
      .def_readonly("link", &ModelImage::link)
      .def_readonly("description", &ModelImage::description)
      .def_readonly("pandas_categorical", &ModelImage::pandas_categorical,
                    "JSON as LightGBM wrote it; empty when the model has none.")
      .def_readonly("num_outputs", &ModelImage::num_outputs)
      .def_readonly("num_classes", &ModelImage::num_classes)
      .def_readonly("num_trees", &ModelImage::num_trees)
      .def_readonly("embeddings", &ModelImage::embeddings,
                    "Of a network: each feature that is an id, and the rows of its table.");
  module.def("model_kinds", &model_kinds, "Names of all kinds of models.");
  module.def("read_lightgbm", &read_lightgbm_bytes, py::arg("text"), py::arg("subject"),
             "Reads LightGBM's text format (v3, v4). Raises UnsupportedError or DataError with the "
             "line and the reason.");
  module.def("read_catboost", &read_catboost_bytes, py::arg("data"), py::arg("subject"),
             "Reads CatBoost's JSON. Raises UnsupportedError or DataError with the byte and the "
             "reason.");
  module.def("read_onnx", &read_onnx_bytes, py::arg("data"), py::arg("subject"),
             "Reads an ONNX model. Raises UnsupportedError or DataError with the node or byte and "
             "the reason.");
  module.def("read_xgboost", &read_xgboost_bytes, py::arg("data"), py::arg("subject"),
             "Reads XGBoost's UBJSON and JSON. Raises UnsupportedError or DataError with the byte "
             "and the reason.");
}

}  // namespace mainspring::bind

// The class Bundle: an opened bundle for Python, with bulk results in the caller's buffers.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "bind/class_labels.hpp"
#include "bind/describe_plan.hpp"
#include "bind/matrix_view.hpp"
#include "bind/plain_values.hpp"
#include "bind/read_row.hpp"
#include "host/columns_of_plan.hpp"
#include "host/error.hpp"
#include "host/match_columns.hpp"
#include "host/parallel_predict.hpp"
#include "host/plan_features.hpp"
#include "host/predict_json.hpp"
#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"

namespace py = pybind11;

namespace mainspring::bind {

OutputKind output_kind(std::string_view kind) {
  if (kind == "predict") return OutputKind::kPredict;
  if (kind == "proba") return OutputKind::kProba;
  if (kind == "raw") return OutputKind::kRaw;
  throw Error(ErrorKind::kParameter, "The output kind is '" + std::string(kind) +
                                         "', expected 'predict', 'proba' or 'raw'.")
      .expected("'predict', 'proba' or 'raw'")
      .got(kind);
}

namespace {

void check_size(const BufferView& out, uint64_t rows, uint64_t width) {
  if (out.count() == rows * width) return;
  const std::string expected = std::to_string(rows) + " rows of " + std::to_string(width) + ", " +
                               std::to_string(rows * width) + " elements";
  throw Error(ErrorKind::kParameter,
              "out has " + std::to_string(out.count()) + " elements, expected " + expected + ".")
      .expected(expected)
      .got(std::to_string(out.count()));
}

template <class T>
void fill_list(py::list& list, const T* values) {
  for (size_t i = 0; i < list.size(); ++i) list[i] = py::float_(static_cast<double>(values[i]));
}

class Bundle {
 public:
  explicit Bundle(std::shared_ptr<const BundleImage> image)
      : image_(std::move(image)), rows_(image_) {}

  static std::unique_ptr<Bundle> open(const py::object& bytes, const std::string& subject) {
    const BufferView buffer(bytes.ptr(), 'B', false, "A bundle");
    std::shared_ptr<const BundleImage> image;
    {
      const py::gil_scoped_release unlocked;
      image = BundleImage::open({buffer.data<uint8_t>(), buffer.num_bytes()}, subject);
    }
    return std::make_unique<Bundle>(std::move(image));
  }

  static std::unique_ptr<Bundle> load(const py::object& path) {
    PyObject* encoded = nullptr;
    if (PyUnicode_FSConverter(path.ptr(), &encoded) == 0) throw py::error_already_set();
    const std::string name = py::reinterpret_steal<py::bytes>(encoded);
    std::shared_ptr<const BundleImage> image;
    {
      const py::gil_scoped_release unlocked;
      image = BundleImage::load(name);
    }
    return std::make_unique<Bundle>(std::move(image));
  }

  const BundleView& view() const { return image_->view(); }
  const PlanView& plan() const { return image_->view().plan; }

  py::bytes to_bytes() const { return bytes_of(image_->bytes()); }
  py::bytes meta() const { return bytes_of({view().meta.data, view().meta.length}); }
  py::bytes profile() const { return bytes_of({view().profile.data, view().profile.length}); }

  std::vector<std::string> input_names() const {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < plan().num_inputs; ++i) names.emplace_back(input_name(plan(), i));
    return names;
  }

  std::vector<std::string> input_kinds() const {
    std::vector<std::string> kinds;
    for (const py::handle input : describe_inputs(plan())) {
      kinds.push_back(py::cast<std::string>(input["kind"]));
    }
    return kinds;
  }

  bool has_model() const { return view().model.model != nullptr; }
  py::object model_kind() const {
    return has_model() ? py::object(py::str(view().model.model->name)) : py::none();
  }
  py::object kernel_name(uint32_t num_rows) const {
    if (!has_model()) return py::none();
    const uint32_t rows = std::min(num_rows, kTileRows);
    return py::str(view().model.model->kernel_name(view().model, rows, process_kernels().level));
  }
  py::dict ranked() const { return describe_ranked(*image_); }
  uint32_t num_outputs() const { return has_model() ? view().model.header->num_outputs : 0; }
  uint32_t num_classes() const { return has_model() ? view().model.header->num_classes : 0; }
  py::object link() const {
    if (!has_model()) return py::none();
    return py::str(link_name(static_cast<Link>(view().model.header->link)));
  }

  uint32_t width(std::string_view kind) const { return output_width(view(), output_kind(kind)); }

  void predict_all(const Table& table, std::string_view kind_name, const py::object& out) const {
    const OutputKind kind = output_kind(kind_name);
    const uint32_t width = wanted_width(kind);
    const BufferView buffer(out.ptr(), 'd', true, "out");
    check_size(buffer, table.num_rows(), width);
    const py::gil_scoped_release unlocked;
    predict_table(*image_, table, kind, buffer.data<double>());
  }

  void transform_all(const Table& table, const py::object& out) const {
    const BufferView buffer(out.ptr(), 'f', true, "out");
    check_size(buffer, table.num_rows(), plan().num_features);
    const py::gil_scoped_release unlocked;
    transform_table(*image_, table, buffer.data<float>(), plan().num_features);
  }

  ArrowColumns transform_columns(const Table& table) const {
    const py::gil_scoped_release unlocked;
    return transform_to_columns(*image_, table);
  }

  ArrowColumns predict_columns(const Table& table, std::string_view kind_name,
                               const std::vector<std::string>& names) const {
    const OutputKind kind = output_kind(kind_name);
    const uint32_t width = wanted_width(kind);
    if (names.size() != width) {
      throw Error(ErrorKind::kParameter, "There are " + std::to_string(names.size()) +
                                             " names, expected one for each of " +
                                             std::to_string(width) + " values.");
    }
    const py::gil_scoped_release unlocked;
    return predict_to_columns(*image_, table, kind, names);
  }

  ArrowColumns feature_columns(const py::object& matrix) const {
    const BufferView rows(matrix.ptr(), 'f', false, "matrix");
    const uint64_t width = plan().num_features;
    if (rows.count() % width != 0) check_size(rows, rows.count() / width + 1, width);
    const py::gil_scoped_release unlocked;
    return features_to_columns(*image_, rows.data<float>(), rows.count() / width);
  }

  void predict_features(const py::object& matrix, std::string_view kind_name,
                        const py::object& out) const {
    const OutputKind kind = output_kind(kind_name);
    const uint32_t width = wanted_width(kind);
    const MatrixView features(matrix.ptr());
    const uint32_t expected = view().model.header->num_features;
    if (features.num_features() != expected) {
      const std::string got = std::to_string(features.num_features()) + " columns";
      const std::string wanted = std::to_string(expected) + ", one for each feature of the model";
      throw Error(ErrorKind::kSchema, "The matrix has " + got + ", expected " + wanted + ".")
          .expected(wanted)
          .got(got);
    }
    const BufferView buffer(out.ptr(), 'd', true, "out");
    check_size(buffer, features.num_rows(), width);
    const py::gil_scoped_release unlocked;
    predict_matrix_parallel(*image_, features.narrow(), features.wide(), features.row_stride(),
                            features.feature_stride(), features.num_rows(), kind,
                            buffer.data<double>());
  }

  // The GIL stays: a row takes a few microseconds, and its text lies in Python's objects.
  py::object predict_row(const py::object& row, std::string_view kind_name) {
    const OutputKind kind = output_kind(kind_name);
    const uint32_t width = wanted_width(kind);
    // Made first: a new list may run the collector, and whatever that runs may use the scratch.
    const bool is_label = kind == OutputKind::kPredict && view().labels.num_labels != 0;
    py::list list(width == 1 ? 0 : width);
    double first = 0;
    rows_.with_row(row.ptr(), std::nullopt, [&](const ColumnView* columns) {
      const double* out = predict_one(columns, kind, width);
      first = out[0];
      fill_list(list, out);
    });
    if (is_label) return label_object(view().labels, static_cast<uint32_t>(first));
    return width == 1 ? py::object(py::float_(first)) : py::object(std::move(list));
  }

  /// Scores of JSON rows, as the bytes of float64.
  py::bytearray predict_json(const py::object& text, std::string_view kind_name) {
    const OutputKind kind = output_kind(kind_name);
    wanted_width(kind);
    const BufferView buffer(text.ptr(), 'B', false, "JSON");
    if (json_ == nullptr) json_ = std::make_shared<const JsonSchema>(plan());
    std::vector<double> scores;
    {
      const py::gil_scoped_release unlocked;
      predict_json_rows(
          {*image_, *json_, {buffer.data<uint8_t>(), buffer.num_bytes()}, kind, UINT64_MAX},
          &scores);
    }
    return py::bytearray(reinterpret_cast<const char*>(scores.data()),
                         scores.size() * sizeof(double));
  }

  const std::shared_ptr<const BundleImage>& image() const { return image_; }

  void predict_rows_of(const py::list& rows, std::string_view kind_name, const py::object& out) {
    const OutputKind kind = output_kind(kind_name);
    const uint32_t width = wanted_width(kind);
    const BufferView buffer(out.ptr(), 'd', true, "out");
    check_size(buffer, rows.size(), width);
    // A value's own code may shorten the list: its length is asked for anew.
    for (size_t i = 0; i < rows.size() && i < buffer.count() / width; ++i) {
      const py::object row = rows[i];
      rows_.with_row(row.ptr(), i, [&](const ColumnView* columns) {
        const double* scores = predict_one(columns, kind, width);
        std::copy(scores, scores + width, buffer.data<double>() + i * width);
      });
    }
  }

  py::list transform_row(const py::object& row) {
    check_dense(view(), 1);
    py::list list(plan().num_features);
    rows_.with_row(row.ptr(), std::nullopt, [&](const ColumnView* columns) {
      const uint64_t length = scratch_bytes(view());
      uint8_t* scratch = thread_scratch(length + plan().num_features * sizeof(float));
      auto* out = reinterpret_cast<float*>(scratch + length);
      transform_one(columns, out);
      fill_list(list, out);
    });
    return list;
  }

  void transform_row_into(const py::object& row, const py::object& out) {
    const BufferView buffer(out.ptr(), 'f', true, "out");
    check_size(buffer, 1, plan().num_features);
    rows_.with_row(row.ptr(), std::nullopt, [&](const ColumnView* columns) {
      transform_one(columns, buffer.data<float>());
    });
  }

  void transform_rows_of(const py::list& rows, const py::object& out) {
    const BufferView buffer(out.ptr(), 'f', true, "out");
    const uint64_t width = plan().num_features;
    check_size(buffer, rows.size(), width);
    rows_.with_rows(rows, rows.size(), [&](const ColumnView* columns, uint64_t row) {
      transform_one(columns, buffer.data<float>() + row * width);
    });
  }

 private:
  /// Values a row; throws when the bundle cannot give this kind.
  uint32_t wanted_width(OutputKind kind) const {
    const uint32_t width = output_width(view(), kind);
    if (width != 0) return width;
    if (!has_model()) {
      throw Error(ErrorKind::kUnsupported,
                  "The bundle holds transforms only, expected a model. Use transform(), or save a "
                  "Predictor.")
          .expected("a model")
          .got("transforms only");
    }
    const bool is_classifier = num_classes() != 0;
    const std::string got = is_classifier ? "a classifier without them" : "a regression model";
    throw Error(ErrorKind::kUnsupported,
                "Probabilities need a classifier that has them, got " + got + ". Use predict().")
        .expected("a classifier with probabilities")
        .got(got);
  }

  void transform_one(const ColumnView* columns, float* out) const {
    check_dense(view(), 1);
    check_texts(transform_rows(view(), process_kernels(), columns, 0, 1,
                               thread_scratch(scratch_bytes(view())), thread_texts(), out,
                               plan().num_features));
  }

  /// The scores of one row, in this thread's scratch.
  double* predict_one(const ColumnView* columns, OutputKind kind, uint32_t width) const {
    if (joins_sparse(view())) {
      auto* out = reinterpret_cast<double*>(thread_scratch(width * sizeof(double)));
      predict_joined(*image_, columns, 0, 1, kind, out);
      return out;
    }
    const uint64_t length = scratch_bytes(view());
    uint8_t* scratch = thread_scratch(length + width * sizeof(double));
    auto* out = reinterpret_cast<double*>(scratch + length);
    check_texts(
        predict_rows(view(), process_kernels(), columns, 0, 1, kind, scratch, thread_texts(), out));
    return out;
  }

  std::shared_ptr<const BundleImage> image_;
  RowReader rows_;
  std::shared_ptr<const JsonSchema> json_;  // made when the first JSON comes
};

}  // namespace

std::shared_ptr<const BundleImage> image_of(const py::object& bundle) {
  return bundle.cast<const Bundle&>().image();
}

void register_bundle(py::module_& module) {
  module.def("step_names", &step_names, "Names of all steps, in the order of their codes.");
  py::class_<Bundle>(module, "Bundle",
                     "An opened bundle: immutable, safe to use from many threads.")
      .def_static("open", &Bundle::open, py::arg("bytes"), py::arg("subject"),
                  "Copy and verify the bytes of a bundle; `subject` names them in errors.")
      .def_static("load", &Bundle::load, py::arg("path"), "Read and verify a file.")
      .def("to_bytes", &Bundle::to_bytes, "The bundle's bytes, as they lie in its file.")
      .def_property_readonly("meta", &Bundle::meta, "Canonical JSON.")
      .def_property_readonly("profile", &Bundle::profile, "State bytes; empty: no profile.")
      .def_property_readonly("input_names", &Bundle::input_names)
      .def_property_readonly("input_kinds", &Bundle::input_kinds,
                             "'float', 'integer', 'bytes' or 'timestamp' for each input.")
      .def_property_readonly("inputs",
                             [](const Bundle& bundle) { return describe_inputs(bundle.plan()); })
      .def_property_readonly("steps",
                             [](const Bundle& bundle) { return describe_steps(bundle.plan()); })
      .def_property_readonly("feature_names",
                             [](const Bundle& bundle) { return feature_names(bundle.plan()); })
      .def(
          "check_dense",
          [](const Bundle& bundle, uint64_t num_rows) { check_dense(bundle.view(), num_rows); },
          py::arg("num_rows"), "Raise ParameterError when so many rows cannot be dense.")
      .def_property_readonly("num_features",
                             [](const Bundle& bundle) { return bundle.plan().num_features; })
      .def_property_readonly(
          "feature_kinds", [](const Bundle& bundle) { return feature_kinds(bundle.plan()); },
          "'number' or 'id' each.")
      .def_property_readonly(
          "categorical_indices",
          [](const Bundle& bundle) { return categorical_indices(bundle.plan()); })
      .def_property_readonly(
          "cardinalities", [](const Bundle& bundle) { return cardinalities(bundle.plan()); },
          "How many ids each feature of ids can have.")
      .def_property_readonly("lists",
                             [](const Bundle& bundle) { return describe_lists(bundle.plan()); })
      .def_property_readonly("has_model", &Bundle::has_model)
      .def_property_readonly("model_kind", &Bundle::model_kind)
      .def("kernel_name", &Bundle::kernel_name, py::arg("num_rows"),
           "How the model scores so many rows, in words; None without a model.")
      .def("ranked_features", &Bundle::ranked,
           "Features that large tables need not have: 'folded' into the thresholds of a forest, or "
           "'coded', ranks once for each entry of a dictionary; and from how many rows on.")
      .def_property_readonly("num_outputs", &Bundle::num_outputs)
      .def_property_readonly("num_classes", &Bundle::num_classes)
      .def_property_readonly("link", &Bundle::link)
      .def_property_readonly(
          "labels", [](const Bundle& bundle) { return label_list(bundle.view().labels); },
          "What the classes are called whose numbers 'predict' gives; None: it gives no classes.")
      .def("output_width", &Bundle::width, py::arg("kind"),
           "Values a row of 'predict', 'proba' or 'raw'; 0 when the bundle cannot give it.")
      .def("predict_table", &Bundle::predict_all, py::arg("table"), py::arg("kind"), py::arg("out"),
           "Fill out, float64 (rows, output_width(kind)).")
      .def("transform_table", &Bundle::transform_all, py::arg("table"), py::arg("out"),
           "Fill out, float32 (rows, features).")
      .def("transform_columns", &Bundle::transform_columns, py::arg("table"),
           "Features as columns: numbers float32 with nulls, ids int32.")
      .def("predict_columns", &Bundle::predict_columns, py::arg("table"), py::arg("kind"),
           py::arg("names"), "Predictions as columns of these names: float64, or one of labels.")
      .def("feature_columns", &Bundle::feature_columns, py::arg("matrix"),
           "Features of a float32 matrix (rows, features) as columns.")
      .def("predict_matrix", &Bundle::predict_features, py::arg("matrix"), py::arg("kind"),
           py::arg("out"), "Features as float32 or float64 with any strides, past the plan.")
      .def("predict_row", &Bundle::predict_row, py::arg("row"), py::arg("kind"),
           "A float, or a list of floats where the output has several values; a label where "
           "'predict' gives classes.")
      .def("predict_rows", &Bundle::predict_rows_of, py::arg("rows"), py::arg("kind"),
           py::arg("out"), "Fill out from a list of dicts.")
      .def("predict_json", &Bundle::predict_json, py::arg("text"), py::arg("kind"),
           "Rows as JSON bytes to the bytes of float64 scores.")
      .def("transform_row", &Bundle::transform_row, py::arg("row"), "The features of one row.")
      .def("transform_row_into", &Bundle::transform_row_into, py::arg("row"), py::arg("out"),
           "Fill out, float32 (features,), from one dict.")
      .def("transform_rows", &Bundle::transform_rows_of, py::arg("rows"), py::arg("out"),
           "Fill out, float32 (rows, features), from a list of dicts.");
}

}  // namespace mainspring::bind

// Contributions of features and scores that stop early, into the caller's buffers.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "bind/matrix_view.hpp"
#include "bind/row_work.hpp"
#include "host/early_exits.hpp"
#include "host/error.hpp"
#include "host/explainer.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

FeatureMatrix features_of_model(const MatrixView& view, const BundleImage& image) {
  const ModelView& model = image.view().model;
  const uint32_t num_features = model.model == nullptr ? 0 : model.header->num_features;
  if (view.num_features() != num_features) {
    const std::string got = std::to_string(view.num_features()) + " columns";
    const std::string wanted = std::to_string(num_features) + ", one for each feature of the model";
    throw Error(ErrorKind::kSchema, "The matrix has " + got + ", expected " + wanted + ".")
        .expected(wanted)
        .got(got);
  }
  return {view.narrow(), view.wide(), view.row_stride(), view.feature_stride(), view.num_rows()};
}

void check_work_room(const BufferView& out, uint64_t wanted) {
  if (out.count() == wanted) return;
  const std::string expected = std::to_string(wanted) + " elements";
  throw Error(ErrorKind::kParameter,
              "out has " + std::to_string(out.count()) + " elements, expected " + expected + ".")
      .expected(expected)
      .got(std::to_string(out.count()));
}

std::shared_ptr<Explainer> explainer_by_means(const py::object& bundle, std::vector<double> means) {
  return std::make_shared<Explainer>(image_of(bundle), std::move(means));
}

std::shared_ptr<Explainer> explainer_by_table(const py::object& bundle, const Table& rows) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const py::gil_scoped_release unlocked;
  return std::make_shared<Explainer>(image, rows);
}

std::shared_ptr<Explainer> explainer_by_matrix(const py::object& bundle, const py::object& rows) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const MatrixView view(rows.ptr());
  const FeatureMatrix matrix = features_of_model(view, *image);
  const py::gil_scoped_release unlocked;
  return std::make_shared<Explainer>(image, matrix);
}

}  // namespace

void RowWork::of_matrix(const py::object& rows, const py::object& out) const {
  const MatrixView view(rows.ptr());
  const FeatureMatrix matrix = features_of_model(view, *image_);
  const BufferView buffer(out.ptr(), 'd', true, "out");
  check_work_room(buffer, matrix.num_rows * work_.width);
  const py::gil_scoped_release unlocked;
  work_on_matrix(work_, matrix, buffer.data<double>());
}

void RowWork::of_table(const Table& table, const py::object& out) const {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  check_work_room(buffer, table.num_rows() * work_.width);
  const py::gil_scoped_release unlocked;
  work_on_table(*image_, work_, table, buffer.data<double>());
}

// The GIL stays: a row's text lies in Python's objects.
void RowWork::of_rows(const py::list& rows, const py::object& out) {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  const size_t num_rows = rows.size();
  check_work_room(buffer, num_rows * work_.width);
  // A value's own code may shorten the list: its length is asked for anew.
  for (size_t i = 0; i < rows.size() && i < num_rows; ++i) {
    const py::object row = rows[i];
    rows_.with_row(row.ptr(), i, [&](const ColumnView* columns) {
      work_on_rows(*image_, work_, columns, 1, buffer.data<double>() + i * work_.width);
    });
  }
}

void register_explain(py::module_& module) {
  py::class_<RowWork>(module, "RowWork", "What is made of rows of features, ready to be called.")
      .def_property_readonly("width", &RowWork::width, "Numbers for each row.")
      .def("of_matrix", &RowWork::of_matrix, py::arg("matrix"), py::arg("out"),
           "Fill out, float64 (rows, width), from float32 or float64 features with any strides.")
      .def("of_table", &RowWork::of_table, py::arg("table"), py::arg("out"), "The same of a table.")
      .def("of_rows", &RowWork::of_rows, py::arg("rows"), py::arg("out"),
           "The same of a list of dicts.");
  py::class_<Explainer, std::shared_ptr<Explainer>>(
      module, "Explainer", "What each feature of a bundle's model adds to its raw scores.")
      .def_static("by_means", &explainer_by_means, py::arg("bundle"), py::arg("means"),
                  "Against the training data, as the trees know it; against the means of its "
                  "features for a linear model.")
      .def_static("by_table", &explainer_by_table, py::arg("bundle"), py::arg("rows"),
                  "Against the rows of a table.")
      .def_static("by_matrix", &explainer_by_matrix, py::arg("bundle"), py::arg("rows"),
                  "Against the rows of a matrix of features.")
      .def_property_readonly("bases", &Explainer::bases,
                             "What contributions are added to, one for each raw score.")
      .def_property_readonly("num_outputs", &Explainer::num_outputs)
      .def_property_readonly("num_features", &Explainer::num_features)
      .def(
          "work",
          [](const std::shared_ptr<Explainer>& explainer, bool interactions) {
            return std::make_unique<RowWork>(explainer->image(), explainer->work(interactions),
                                             explainer);
          },
          py::arg("interactions"),
          "For each row a number for each output and feature, or each two features.");
  py::class_<EarlyExits, std::shared_ptr<EarlyExits>>(
      module, "EarlyExits", "Raw scores that stop where their side of a threshold is certain.")
      .def(py::init([](const py::object& bundle) {
             return std::make_shared<EarlyExits>(image_of(bundle));
           }),
           py::arg("bundle"))
      .def(
          "work",
          [](const std::shared_ptr<EarlyExits>& exits, double threshold) {
            return std::make_unique<RowWork>(exits->image(), exits->work(threshold), exits);
          },
          py::arg("threshold"), "One raw score for each row.");
}

}  // namespace mainspring::bind

// The engine's columns for Python: the Arrow PyCapsule protocol, export side.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <memory>
#include <string>
#include <vector>

#include "host/arrow_columns.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

/// A capsule that releases what nobody took.
template <class Struct>
py::object capsule_of(std::unique_ptr<Struct> exported, const char* name) {
  PyObject* capsule = PyCapsule_New(exported.get(), name, [](PyObject* self) {
    auto* held = static_cast<Struct*>(PyCapsule_GetPointer(self, PyCapsule_GetName(self)));
    if (held->release != nullptr) held->release(held);
    delete held;
  });
  if (capsule == nullptr) {
    exported->release(exported.get());
    throw py::error_already_set();
  }
  (void)exported.release();
  return py::reinterpret_steal<py::object>(capsule);
}

// The protocol lets a producer leave a requested schema aside; consumers cast by themselves.
py::typing::Tuple<py::object, py::object> to_array(const ArrowColumns& columns,
                                                   const py::object& requested_schema) {
  (void)requested_schema;
  auto schema = std::make_unique<ArrowSchema>();
  auto array = std::make_unique<ArrowArray>();
  columns.export_array(schema.get(), array.get());
  py::object schema_capsule = capsule_of(std::move(schema), "arrow_schema");
  return py::make_tuple(schema_capsule, capsule_of(std::move(array), "arrow_array"));
}

py::object to_schema(const ArrowColumns& columns) {
  auto schema = std::make_unique<ArrowSchema>();
  columns.export_schema(schema.get());
  return capsule_of(std::move(schema), "arrow_schema");
}

py::object to_stream(const ArrowColumns& columns, const py::object& requested_schema) {
  (void)requested_schema;
  auto stream = std::make_unique<ArrowArrayStream>();
  columns.export_stream(stream.get());
  return capsule_of(std::move(stream), "arrow_array_stream");
}

std::vector<std::string> names_of(const ArrowColumns& columns) {
  std::vector<std::string> names;
  for (const ArrowColumns::Column& column : columns.columns()) names.push_back(column.name);
  return names;
}

}  // namespace

void register_columns_out(py::module_& module) {
  py::class_<ArrowColumns>(module, "ArrowColumns",
                           "Columns that the engine wrote: any library that takes Arrow shares "
                           "them, without a copy.")
      .def_property_readonly("num_rows", &ArrowColumns::num_rows)
      .def_property_readonly("column_names", &names_of)
      .def("__arrow_c_array__", &to_array, py::arg("requested_schema") = py::none(),
           "One struct array of all columns.")
      .def("__arrow_c_schema__", &to_schema)
      .def("__arrow_c_stream__", &to_stream, py::arg("requested_schema") = py::none(),
           "A stream of that one array.");
}

}  // namespace mainspring::bind

// The one translator from the engine's Error to the classes of mainspring.errors.
#include <pybind11/pybind11.h>

#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

const char* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kSchema: return "SchemaError";
    case ErrorKind::kData: return "DataError";
    case ErrorKind::kParameter: return "ParameterError";
    case ErrorKind::kNotFitted: return "NotFittedError";
    case ErrorKind::kBundleVersion: return "BundleVersionError";
    case ErrorKind::kBundleCorrupt: return "BundleCorruptError";
    case ErrorKind::kUnsupported: return "UnsupportedError";
    case ErrorKind::kFile: return "FileError";
  }
  return "MainspringError";
}

/// What an error quotes may be any bytes: a column's name or a value, as it came.
py::object text_of(const std::string& bytes) {
  const auto length = static_cast<Py_ssize_t>(bytes.size());
  return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(bytes.data(), length, "replace"));
}

void raise(const Error& error) {
  const py::object type = py::module_::import("mainspring.errors").attr(class_of(error.kind()));
  py::dict fields;
  if (!error.column_name().empty()) fields["column"] = text_of(error.column_name());
  if (error.row_number().has_value()) fields["row"] = *error.row_number();
  if (!error.expected_text().empty()) fields["expected"] = text_of(error.expected_text());
  if (!error.got_text().empty()) fields["got"] = text_of(error.got_text());
  if (!error.hint_text().empty()) fields["hint"] = text_of(error.hint_text());
  const py::object exception = type(text_of(error.message()), **fields);
  PyErr_SetObject(type.ptr(), exception.ptr());
}

}  // namespace

void register_errors(py::module_& module) {
  (void)module;
  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace mainspring::bind

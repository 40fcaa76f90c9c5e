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

void raise(const Error& error) {
  const py::object type = py::module_::import("mainspring.errors").attr(class_of(error.kind()));
  py::dict fields;
  if (!error.column_name().empty()) fields["column"] = error.column_name();
  if (error.row_number().has_value()) fields["row"] = *error.row_number();
  if (!error.expected_text().empty()) fields["expected"] = error.expected_text();
  if (!error.got_text().empty()) fields["got"] = error.got_text();
  if (!error.hint_text().empty()) fields["hint"] = error.hint_text();
  const py::object exception = type(error.message(), **fields);
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

// Checks what the buffer protocol says of a matrix before a value is read.
#include "bind/matrix_view.hpp"

#include <string>

#include "host/error.hpp"

namespace mainspring::bind {
namespace {

constexpr const char* kExpected = "a two-dimensional buffer of float32 or float64";

[[noreturn]] void refuse(const std::string& got, const std::string& fix) {
  throw Error(ErrorKind::kParameter,
              "The matrix is " + got + ", expected " + kExpected + ". " + fix)
      .expected(kExpected)
      .got(got)
      .hint(fix);
}

}  // namespace

MatrixView::MatrixView(PyObject* object) {
  if (PyObject_GetBuffer(object, &buffer_, PyBUF_STRIDED_RO | PyBUF_FORMAT) != 0) {
    PyErr_Clear();
    refuse(std::string("of type ") + Py_TYPE(object)->tp_name,
           "Pass a NumPy array or another buffer.");
  }
  try {
    check();
  } catch (...) {
    PyBuffer_Release(&buffer_);
    throw;
  }
}

void MatrixView::check() {
  if (buffer_.ndim != 2) {
    refuse("of " + std::to_string(buffer_.ndim) + " dimensions", "Reshape it to (rows, features).");
  }
  std::string format = buffer_.format != nullptr ? buffer_.format : "B";
  if (format.size() == 2 && (format[0] == '<' || format[0] == '=' || format[0] == '@')) {
    format = format.substr(1);
  }
  if (format != "f" && format != "d") {
    refuse("of element format '" + format + "'", "Convert it to float32 or float64.");
  }
  is_wide_ = format == "d";
  const bool whole =
      buffer_.strides[0] % buffer_.itemsize == 0 && buffer_.strides[1] % buffer_.itemsize == 0 &&
      reinterpret_cast<uintptr_t>(buffer_.buf) % static_cast<uintptr_t>(buffer_.itemsize) == 0;
  if (!whole) refuse("not aligned to its elements", "Copy it first.");
}

}  // namespace mainspring::bind

// The two directions of a parameter's conversion.
#include "bind/param_values.hpp"

#include <pybind11/stl.h>

#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

[[noreturn]] void fail(const std::string& op, const std::string& name, const py::handle& value) {
  const std::string got = py::repr(value);
  throw Error(ErrorKind::kParameter, "Parameter '" + name + "' of " + op +
                                         " must be a number, a string, a list of either, True, "
                                         "False or None, got " +
                                         got + ".")
      .got(got);
}

ParamValue to_list(const std::string& op, const std::string& name, const py::handle& value) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const py::handle item : value) {
    if (py::isinstance<py::str>(item)) {
      texts.push_back(py::cast<std::string>(item));
    } else if ((PyFloat_Check(item.ptr()) || PyLong_Check(item.ptr())) &&
               !PyBool_Check(item.ptr())) {
      const double number = PyFloat_AsDouble(item.ptr());
      if (PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        fail(op, name, value);
      }
      numbers.push_back(number);
    } else {
      fail(op, name, value);
    }
  }
  if (texts.empty()) return numbers;
  if (!numbers.empty()) fail(op, name, value);
  return texts;
}

ParamValue to_value(const std::string& op, const std::string& name, const py::handle& value) {
  if (value.is_none()) return {};
  if (PyBool_Check(value.ptr())) return value.ptr() == Py_True;
  if (PyLong_Check(value.ptr())) {
    int overflow = 0;
    const int64_t integer = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow != 0) fail(op, name, value);
    return integer;
  }
  if (PyFloat_Check(value.ptr())) return PyFloat_AsDouble(value.ptr());
  if (py::isinstance<py::str>(value)) return py::cast<std::string>(value);
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    return to_list(op, name, value);
  }
  fail(op, name, value);
}

}  // namespace

NamedParams to_named_params(const std::string& op, const py::dict& params) {
  NamedParams named;
  for (const auto& [key, value] : params) {
    const auto name = py::cast<std::string>(key);
    named.emplace_back(name, to_value(op, name, value));
  }
  return named;
}

py::object to_python(const ParamValue& value) {
  return std::visit([](const auto& known) -> py::object { return py::cast(known); }, value);
}

}  // namespace mainspring::bind

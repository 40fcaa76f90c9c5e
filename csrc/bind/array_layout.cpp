// Compares the fields of an array with what the buffer protocol says of it.
#include "bind/array_layout.hpp"

namespace py = pybind11;

namespace mainspring::bind {

bool ArrayLayout::tells_the_same(PyObject* array) {
  if (Py_TYPE(array)->tp_basicsize < static_cast<Py_ssize_t>(sizeof(Fields))) return false;
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_STRIDED_RO) != 0) {
    PyErr_Clear();
    return false;
  }
  const auto& fields = *reinterpret_cast<const Fields*>(array);
  bool same = fields.data == view.buf && fields.num_dimensions == 2 && view.ndim == 2;
  for (int i = 0; same && i < 2; ++i) {
    same = fields.shape[i] == view.shape[i] && fields.strides[i] == view.strides[i];
  }
  PyBuffer_Release(&view);
  return same;
}

ArrayLayout::ArrayLayout(const py::object& narrow, const py::object& wide) {
  if (Py_TYPE(narrow.ptr()) != Py_TYPE(wide.ptr()) || !tells_the_same(narrow.ptr()) ||
      !tells_the_same(wide.ptr())) {
    return;
  }
  narrow_ = narrow.attr("dtype");
  wide_ = wide.attr("dtype");
  const auto element_of = [](const py::object& array) {
    return reinterpret_cast<const Fields*>(array.ptr())->element;
  };
  if (element_of(narrow) != narrow_.ptr() || element_of(wide) != wide_.ptr()) return;
  type_ = Py_TYPE(narrow.ptr());
}

}  // namespace mainspring::bind

// Where NumPy keeps what the buffer protocol says of an array: to ask for it takes as long as a
// small forest does.
#pragma once
#include <Python.h>
#include <pybind11/pybind11.h>

#include <cstdint>

namespace mainspring::bind {

/// A matrix in memory; strides are in bytes.
struct MatrixBytes {
  void* data;
  Py_ssize_t shape[2];
  Py_ssize_t strides[2];
  bool is_wide;  // float64, else float32
};

/// The fields of arrays, if they lie where they have lain in every NumPy: whether they do is looked
/// at once, by what the buffer protocol says of two arrays.
class ArrayLayout {
 public:
  ArrayLayout() = default;  // of nothing
  /// Two matrices that NumPy made: of float32, of float64.
  ArrayLayout(const pybind11::object& narrow, const pybind11::object& wide);

  /// False where the object is no matrix of these two types, or else one that is not known here.
  bool reads(PyObject* object, MatrixBytes* matrix) const {
    if (type_ == nullptr || Py_TYPE(object) != type_) return false;
    const auto& fields = *reinterpret_cast<const Fields*>(object);
    matrix->is_wide = fields.element == wide_.ptr();
    if (fields.num_dimensions != 2 || (!matrix->is_wide && fields.element != narrow_.ptr())) {
      return false;
    }
    matrix->data = fields.data;
    for (int i = 0; i < 2; ++i) {
      matrix->shape[i] = fields.shape[i];
      matrix->strides[i] = fields.strides[i];
    }
    return true;
  }

  /// Null where the object is no array that is known here.
  void* data_of(PyObject* array) const {
    if (type_ == nullptr || Py_TYPE(array) != type_) return nullptr;
    return reinterpret_cast<const Fields*>(array)->data;
  }

 private:
  struct Fields {
    PyObject_HEAD;
    void* data;
    int num_dimensions;
    Py_ssize_t* shape;
    Py_ssize_t* strides;
    PyObject* base;
    PyObject* element;  // its type, a dtype
  };

  static bool tells_the_same(PyObject* array);

  PyTypeObject* type_ = nullptr;    // of arrays; null where their fields lie elsewhere
  pybind11::object narrow_, wide_;  // dtypes
};

}  // namespace mainspring::bind

// A feature matrix that Python handed over: any two-dimensional buffer of floats, read where it
// lies.
#pragma once
#include <Python.h>

#include <cstdint>

namespace mainspring::bind {

/// Held for the life of the object. Throws Error(kParameter) for an object that has no such buffer.
class MatrixView {
 public:
  explicit MatrixView(PyObject* object);
  ~MatrixView() { PyBuffer_Release(&buffer_); }
  MatrixView(const MatrixView&) = delete;
  MatrixView& operator=(const MatrixView&) = delete;

  /// Exactly one of the two is set.
  const float* narrow() const {
    return is_wide_ ? nullptr : static_cast<const float*>(buffer_.buf);
  }
  const double* wide() const {
    return is_wide_ ? static_cast<const double*>(buffer_.buf) : nullptr;
  }
  uint64_t num_rows() const { return static_cast<uint64_t>(buffer_.shape[0]); }
  uint64_t num_features() const { return static_cast<uint64_t>(buffer_.shape[1]); }
  /// In elements.
  int64_t row_stride() const { return buffer_.strides[0] / buffer_.itemsize; }
  int64_t feature_stride() const { return buffer_.strides[1] / buffer_.itemsize; }

 private:
  void check();
  Py_buffer buffer_;
  bool is_wide_ = false;
};

}  // namespace mainspring::bind

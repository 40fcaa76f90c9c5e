// Python buffers as typed, checked pointers. PyObject_GetBuffer costs 93 ns a call where
// py::array_t costs 201.
#pragma once
#include <Python.h>

#include <cstdint>
#include <string>

namespace mainspring::bind {

/// A buffer held for the life of the object. The constructor throws Error(kParameter) naming `what`
/// when the object has no C-contiguous buffer of the wanted element type (or is read-only where
/// `writable`).
class BufferView {
 public:
  BufferView(PyObject* object, char format, bool writable, const char* what);
  ~BufferView() { PyBuffer_Release(&buffer_); }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;

  template <class T>
  T* data() const {
    return static_cast<T*>(buffer_.buf);
  }
  uint64_t count() const {
    return static_cast<uint64_t>(buffer_.len) / static_cast<uint64_t>(buffer_.itemsize);
  }
  uint64_t num_bytes() const { return static_cast<uint64_t>(buffer_.len); }

 private:
  Py_buffer buffer_;
};

}  // namespace mainspring::bind

// Takes a Python buffer, or says what is wrong with it.
#include "bind/buffers.hpp"

#include "host/error.hpp"

namespace mainspring::bind {

BufferView::BufferView(PyObject* object, char format, bool writable, const char* what) {
  const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
  if (PyObject_GetBuffer(object, &buffer_, flags) != 0) {
    PyErr_Clear();
    throw Error(ErrorKind::kParameter, std::string(what) + " must be a C-contiguous" +
                                           (writable ? " writable" : "") + " buffer.");
  }
  const char* got = buffer_.format != nullptr ? buffer_.format : "B";
  if (*got == '<' || *got == '=' || *got == '@') ++got;
  const bool same = got[0] == format && got[1] == '\0';
  if (!same) {
    const std::string got_format = got;
    PyBuffer_Release(&buffer_);
    throw Error(ErrorKind::kParameter, std::string(what) + " has element format '" + got_format +
                                           "', expected '" + format + "'.");
  }
}

}  // namespace mainspring::bind

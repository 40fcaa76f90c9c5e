// One type for all labels: a mixture has no column.
#include "bind/class_labels.hpp"

#include <bit>
#include <string>

#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

[[noreturn]] void fail_label(const py::handle& label) {
  const std::string got = py::str(py::type::of(label).attr("__name__"));
  throw Error(ErrorKind::kParameter, "A class label is of type " + got +
                                         "; expected bool, int of 64 bits, float or str, the same "
                                         "for all classes.")
      .expected("bool, int, float or str, the same for all")
      .got(got);
}

LabelType type_of_label(const py::handle& label) {
  if (PyBool_Check(label.ptr())) return LabelType::kBool;
  if (PyLong_Check(label.ptr())) return LabelType::kInteger;
  if (PyFloat_Check(label.ptr())) return LabelType::kFloat;
  if (PyUnicode_Check(label.ptr())) return LabelType::kText;
  fail_label(label);
}

}  // namespace

ClassLabels read_class_labels(const py::list& labels) {
  ClassLabels read;
  if (!labels.empty()) read.type = type_of_label(labels[0]);
  for (const py::handle label : labels) {
    if (type_of_label(label) != read.type) fail_label(label);
    if (read.type == LabelType::kText) {
      Py_ssize_t length = 0;
      const char* text = PyUnicode_AsUTF8AndSize(label.ptr(), &length);
      if (text == nullptr) {  // a lone surrogate
        PyErr_Clear();
        fail_label(label);
      }
      read.texts.emplace_back(text, static_cast<size_t>(length));
    } else if (read.type == LabelType::kFloat) {
      // + 0.0: -0.0 and 0.0 are one class
      read.words.push_back(std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(label.ptr()) + 0.0));
    } else {
      int overflow = 0;
      const long long value = PyLong_AsLongLongAndOverflow(label.ptr(), &overflow);
      if (overflow != 0) fail_label(label);
      read.words.push_back(static_cast<uint64_t>(value));
    }
  }
  return read;
}

py::object label_object(const LabelsView& labels, uint32_t number) {
  const uint64_t word = labels.words[number];
  switch (labels.type) {
    case LabelType::kInteger: return py::int_(static_cast<int64_t>(word));
    case LabelType::kFloat: return py::float_(std::bit_cast<double>(word));
    case LabelType::kBool: return py::bool_(word != 0);
    case LabelType::kText: break;
  }
  const LabelText text = label_text(labels, number);
  return py::str(text.begin, text.length);
}

py::object label_list(const LabelsView& labels) {
  if (labels.num_labels == 0) return py::none();
  py::list list(labels.num_labels);
  for (uint32_t i = 0; i < labels.num_labels; ++i) list[i] = label_object(labels, i);
  return list;
}

}  // namespace mainspring::bind

// Callables that score one row, or the rows of a matrix: their own types, because a call through
// pybind11 costs more than a small forest. Whatever is unusual goes to a Python function instead.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <structmember.h>

#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "bind/array_layout.hpp"
#include "bind/bundle.hpp"
#include "bind/class_labels.hpp"
#include "host/parallel_predict.hpp"
#include "host/scratch.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

struct ScorerParts {
  std::shared_ptr<const BundleImage> image;
  OutputKind kind;
  uint32_t width;
  uint64_t scratch_length;
  bool reads_dicts;               // the features have names of their own
  bool takes_features;            // the bundle has no transforms: columns are features
  std::vector<py::object> names;  // of these; interned
  py::object otherwise;           // called with rows that are not read here
};

struct Scorer {
  PyObject_HEAD;
  vectorcallfunc call;
  ScorerParts* parts;
};

/// False where the value is none that is read here.
bool read_number(PyObject* value, double* out) {
  constexpr long long kExact = 1LL << 53;
  if (PyFloat_Check(value)) {
    *out = PyFloat_AS_DOUBLE(value);
    return true;
  }
  if (value == Py_None) {
    *out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (!PyLong_CheckExact(value)) return false;
  int overflow = 0;
  const long long integer = PyLong_AsLongLongAndOverflow(value, &overflow);
  *out = static_cast<double>(integer);
  return overflow == 0 && integer >= -kExact && integer <= kExact;
}

/// False when the dict has to be read, or refused, by the general way; no error is set.
bool read_dict(const ScorerParts& parts, PyObject* row, double* features) {
  const bool wide = parts.image->view().plan.wide;
  for (size_t i = 0; i < parts.names.size(); ++i) {
    PyObject* value = PyDict_GetItemWithError(row, parts.names[i].ptr());
    if (value == nullptr) {
      PyErr_Clear();
      return false;
    }
    if (!read_number(value, &features[i])) return false;
    if (!wide) features[i] = static_cast<double>(static_cast<float>(features[i]));
  }
  return true;
}

/// One row of features, the other pointer null. The list is made before the scratch is asked for: a
/// new object may run the collector, and whatever that runs may use the scratch.
PyObject* score(const ScorerParts& parts, const float* narrow, const double* wide) {
  const LabelsView& labels = parts.image->view().labels;
  const bool is_label = parts.kind == OutputKind::kPredict && labels.num_labels != 0;
  py::object list;
  if (!is_label && parts.width != 1) list = py::list(parts.width);
  uint8_t* scratch = thread_scratch(parts.scratch_length + parts.width * sizeof(double));
  auto* scores = reinterpret_cast<double*>(scratch + parts.scratch_length);
  predict_matrix(parts.image->view(), process_kernels(), narrow, wide, 0, 1, 1, parts.kind, scratch,
                 scores);
  if (is_label) return label_object(labels, static_cast<uint32_t>(scores[0])).release().ptr();
  if (!list) return PyFloat_FromDouble(scores[0]);
  for (uint32_t i = 0; i < parts.width; ++i) {
    PyObject* number = PyFloat_FromDouble(scores[i]);  // of a kind that the collector passes over
    if (number == nullptr) return nullptr;
    PyList_SET_ITEM(list.ptr(), i, number);
  }
  return list.release().ptr();
}

/// Null without an error when the general way has to read the dict, or refuse it. Looking up a key
/// may run Python, so the features are not in the scratch.
PyObject* score_dict(const ScorerParts& parts, PyObject* row) {
  constexpr size_t kFew = 512;
  double few[kFew];
  std::unique_ptr<double[]> many;
  if (parts.names.size() > kFew) many = std::make_unique<double[]>(parts.names.size());
  double* features = many ? many.get() : few;
  if (!read_dict(parts, row, features)) return nullptr;
  return score(parts, nullptr, features);
}

/// Null without an error when the object is no buffer of exactly the features.
PyObject* score_buffer(const ScorerParts& parts, PyObject* row) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(row, &buffer, PyBUF_ND | PyBUF_FORMAT) != 0) {
    PyErr_Clear();
    return nullptr;
  }
  PyObject* result = nullptr;
  const char* format = buffer.format != nullptr ? buffer.format : "B";
  const bool fits = buffer.ndim == 1 &&
                    static_cast<size_t>(buffer.shape[0]) == parts.names.size() &&
                    reinterpret_cast<uintptr_t>(buffer.buf) % sizeof(double) == 0;
  if (fits && std::strcmp(format, "d") == 0) {
    result = score(parts, nullptr, static_cast<const double*>(buffer.buf));
  } else if (fits && std::strcmp(format, "f") == 0) {
    result = score(parts, static_cast<const float*>(buffer.buf), nullptr);
  }
  PyBuffer_Release(&buffer);
  return result;
}

PyObject* call_scorer(PyObject* self, PyObject* const* arguments, size_t flags,
                      PyObject* keywords) noexcept {
  const ScorerParts& parts = *reinterpret_cast<Scorer*>(self)->parts;
  if (PyVectorcall_NARGS(flags) != 1 || (keywords != nullptr && PyTuple_GET_SIZE(keywords) != 0)) {
    PyErr_SetString(PyExc_TypeError, "a scorer takes one row and nothing else");
    return nullptr;
  }
  PyObject* row = arguments[0];
  try {
    if (parts.takes_features) {
      PyObject* result = !PyDict_CheckExact(row) ? score_buffer(parts, row)
                         : parts.reads_dicts     ? score_dict(parts, row)
                                                 : nullptr;
      if (result != nullptr || PyErr_Occurred() != nullptr) return result;
    }
  } catch (...) {
    return PyErr_NoMemory();
  }
  return PyObject_CallOneArg(parts.otherwise.ptr(), row);
}

void free_scorer(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete reinterpret_cast<Scorer*>(self)->parts;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef scorer_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Scorer, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
PyType_Slot scorer_slots[] = {
    {Py_tp_members, scorer_members},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_dealloc, reinterpret_cast<void*>(free_scorer)},
    {Py_tp_doc, const_cast<char*>("Scores one row; made by Predictor.scorer().")},
    {0, nullptr}};
PyType_Spec scorer_spec = {
    "mainspring._engine.Scorer", sizeof(Scorer), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    scorer_slots};

/// A model without transforms, and what arrays for its results are made of.
struct MatrixParts {
  std::shared_ptr<const BundleImage> image;
  OutputKind kind;
  uint32_t width;
  bool is_flat;  // results have one dimension
  uint64_t num_features;
  uint64_t scratch_length;
  bool is_light;  // a row costs too little to let go of the GIL for
  const py::detail::npy_api* numpy;
  py::object float64;  // the dtype
  ArrayLayout layout;
};

struct MatrixScorer {
  PyObject_HEAD;
  vectorcallfunc call;
  MatrixParts* parts;
};

/// A Python buffer that is let go at the end.
class HeldBuffer {
 public:
  HeldBuffer() = default;
  ~HeldBuffer() {
    if (held_) PyBuffer_Release(&view_);
  }
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  bool hold(PyObject* object, int flags) {
    held_ = PyObject_CheckBuffer(object) != 0 && PyObject_GetBuffer(object, &view_, flags) == 0;
    return held_;
  }
  const Py_buffer& view() const { return view_; }

 private:
  Py_buffer view_;
  bool held_ = false;
};

/// What is no array of NumPy's own.
bool read_buffer(PyObject* data, HeldBuffer* held, MatrixBytes* matrix) {
  if (!held->hold(data, PyBUF_STRIDED_RO | PyBUF_FORMAT) || held->view().ndim != 2) return false;
  const Py_buffer& view = held->view();
  const char* format = view.format != nullptr ? view.format : "B";
  const bool is_wide = std::strcmp(format, "d") == 0;
  if (!is_wide && std::strcmp(format, "f") != 0) return false;
  *matrix = {view.buf, {view.shape[0], view.shape[1]}, {view.strides[0], view.strides[1]}, is_wide};
  return true;
}

/// Aligned rows of the model's features.
bool fits(const MatrixParts& parts, const MatrixBytes& matrix) {
  const uintptr_t within = (matrix.is_wide ? sizeof(double) : sizeof(float)) - 1;
  const auto places = reinterpret_cast<uintptr_t>(matrix.data) |
                      static_cast<uintptr_t>(matrix.strides[0] | matrix.strides[1]);
  return static_cast<uint64_t>(matrix.shape[1]) == parts.num_features && (places & within) == 0;
}

/// By NumPy's own function: a call of numpy.empty takes as long as half of a small forest.
py::object new_result(const MatrixParts& parts, Py_ssize_t num_rows) {
  const Py_intptr_t shape[2] = {num_rows, static_cast<Py_intptr_t>(parts.width)};
  PyObject* element = parts.float64.inc_ref().ptr();  // which the call takes over
  return py::reinterpret_steal<py::object>(
      parts.numpy->PyArray_NewFromDescr_(parts.numpy->PyArray_Type_, element, parts.is_flat ? 1 : 2,
                                         shape, nullptr, nullptr, 0, nullptr));
}

/// None where the general way has to read the data, or refuse it.
py::object score_matrix(const MatrixParts& parts, PyObject* data) {
  HeldBuffer rows, scores;
  MatrixBytes matrix;
  if ((!parts.layout.reads(data, &matrix) && !read_buffer(data, &rows, &matrix)) ||
      !fits(parts, matrix)) {
    PyErr_Clear();
    return py::none();
  }
  py::object result = new_result(parts, matrix.shape[0]);
  if (!result) throw py::error_already_set();
  auto* out = static_cast<double*>(parts.layout.data_of(result.ptr()));
  if (out == nullptr) {
    if (!scores.hold(result.ptr(), PyBUF_WRITABLE)) throw py::error_already_set();
    out = static_cast<double*>(scores.view().buf);
  }
  const auto* narrow = matrix.is_wide ? nullptr : static_cast<const float*>(matrix.data);
  const auto* wide = matrix.is_wide ? static_cast<const double*>(matrix.data) : nullptr;
  const int item_shift = matrix.is_wide ? 3 : 2;
  const int64_t row_stride = matrix.strides[0] >> item_shift;
  const int64_t feature_stride = matrix.strides[1] >> item_shift;
  if (matrix.shape[0] == 1 && parts.is_light) {
    predict_matrix(parts.image->view(), process_kernels(), narrow, wide, row_stride, feature_stride,
                   1, parts.kind, thread_scratch(parts.scratch_length), out);
  } else {
    const py::gil_scoped_release unlocked;
    predict_matrix_parallel(*parts.image, narrow, wide, row_stride, feature_stride,
                            static_cast<uint64_t>(matrix.shape[0]), parts.kind, out);
  }
  return result;
}

PyObject* call_matrix_scorer(PyObject* self, PyObject* const* arguments, size_t flags,
                             PyObject* keywords) noexcept {
  if (PyVectorcall_NARGS(flags) != 1 || (keywords != nullptr && PyTuple_GET_SIZE(keywords) != 0)) {
    PyErr_SetString(PyExc_TypeError, "a scorer of matrices takes data and nothing else");
    return nullptr;
  }
  try {
    return score_matrix(*reinterpret_cast<MatrixScorer*>(self)->parts, arguments[0])
        .release()
        .ptr();
  } catch (py::error_already_set& error) {
    error.restore();
    return nullptr;
  } catch (...) {
    return PyErr_NoMemory();
  }
}

void free_matrix_scorer(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete reinterpret_cast<MatrixScorer*>(self)->parts;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef matrix_scorer_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(MatrixScorer, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
PyType_Slot matrix_scorer_slots[] = {{Py_tp_members, matrix_scorer_members},
                                     {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                                     {Py_tp_dealloc, reinterpret_cast<void*>(free_matrix_scorer)},
                                     {Py_tp_doc, const_cast<char*>("Scores the rows of a matrix.")},
                                     {0, nullptr}};
PyType_Spec matrix_scorer_spec = {
    "mainspring._engine.MatrixScorer", sizeof(MatrixScorer), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    matrix_scorer_slots};

py::object make_matrix_scorer(const py::object& type, const py::object& bundle,
                              std::string_view kind_name, const py::object& narrow,
                              const py::object& wide) {
  auto parts = std::make_unique<MatrixParts>();
  parts->layout = {narrow, wide};
  parts->numpy = &py::detail::npy_api::get();
  parts->float64 = wide.attr("dtype");
  parts->image = image_of(bundle);
  parts->kind = output_kind(kind_name);
  parts->width = output_width(parts->image->view(), parts->kind);
  parts->is_flat = parts->width == 1 && parts->kind != OutputKind::kProba;
  parts->num_features = parts->image->view().model.header->num_features;
  parts->scratch_length = scratch_bytes(parts->image->view());
  constexpr uint64_t kLightBytes = uint64_t{4} << 20;
  const ModelView& model = parts->image->view().model;
  parts->is_light = parts->image->bytes().size() < kLightBytes || model.clusters != nullptr ||
                    model.value_clusters != nullptr;
  auto* scorer = PyObject_New(MatrixScorer, reinterpret_cast<PyTypeObject*>(type.ptr()));
  if (scorer == nullptr) throw py::error_already_set();
  scorer->call = &call_matrix_scorer;
  scorer->parts = parts.release();
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(scorer));
}

py::object make_scorer(const py::object& type, const py::object& bundle, std::string_view kind_name,
                       const py::list& features, bool reads_dicts, const py::object& otherwise) {
  auto parts = std::make_unique<ScorerParts>();
  parts->image = image_of(bundle);
  parts->kind = output_kind(kind_name);
  parts->width = output_width(parts->image->view(), parts->kind);
  parts->scratch_length = scratch_bytes(parts->image->view());
  parts->takes_features = !features.empty();
  parts->reads_dicts = reads_dicts;
  for (const py::handle feature : features) {
    PyObject* name = feature.inc_ref().ptr();
    PyUnicode_InternInPlace(&name);
    parts->names.push_back(py::reinterpret_steal<py::object>(name));
  }
  parts->otherwise = otherwise;
  auto* scorer = PyObject_New(Scorer, reinterpret_cast<PyTypeObject*>(type.ptr()));
  if (scorer == nullptr) throw py::error_already_set();
  scorer->call = &call_scorer;
  scorer->parts = parts.release();
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(scorer));
}

}  // namespace

void register_scorer(py::module_& module) {
  const auto type = py::reinterpret_steal<py::object>(PyType_FromSpec(&scorer_spec));
  if (!type) throw py::error_already_set();
  module.def(
      "make_scorer",
      [type](const py::object& bundle, std::string_view kind, const py::list& features,
             bool reads_dicts, const py::object& otherwise) {
        return make_scorer(type, bundle, kind, features, reads_dicts, otherwise);
      },
      py::arg("bundle"), py::arg("kind"), py::arg("features"), py::arg("reads_dicts"),
      py::arg("otherwise"),
      "A callable for one row: a buffer of `features`, or a dict of them where `reads_dicts`; "
      "anything "
      "else goes to `otherwise`, and everything where there are no features.");
  const auto matrix_type = py::reinterpret_steal<py::object>(PyType_FromSpec(&matrix_scorer_spec));
  if (!matrix_type) throw py::error_already_set();
  module.def(
      "make_matrix_scorer",
      [matrix_type](const py::object& bundle, std::string_view kind, const py::object& narrow,
                    const py::object& wide) {
        return make_matrix_scorer(matrix_type, bundle, kind, narrow, wide);
      },
      py::arg("bundle"), py::arg("kind"), py::arg("narrow"), py::arg("wide"),
      "A callable for the rows of a matrix of features, which gives a new array; None where the "
      "data is no aligned matrix of float32 or float64. `narrow` and `wide`: two such arrays, "
      "whatever is in them.");
}

}  // namespace mainspring::bind

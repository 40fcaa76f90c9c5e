// Methods that a call straight on an object passes by: `object.method(data)` asks a callable of the
// object first, without a frame of Python, which costs as much as half of a small forest does.
#include <pybind11/pybind11.h>
#include <structmember.h>

#include <cstddef>

namespace py = pybind11;

namespace mainspring::bind {
namespace {

/// In place of a function in the namespace of a class. Who asks the class or an object for it gets
/// the function, or a method of it: it is there for the calls alone that ask for neither.
struct DirectMethod {
  PyObject_HEAD;
  vectorcallfunc call;
  PyObject* function;
  PyObject* attribute;  // of an object: its callable, which gives None where it gives up; or None
};

DirectMethod& method_of(PyObject* self) { return *reinterpret_cast<DirectMethod*>(self); }

/// New. None: the function has to be called.
PyObject* ask_object(const DirectMethod& method, PyObject* object, PyObject* data) {
  PyObject* callable = PyObject_GetAttr(object, method.attribute);
  if (callable == nullptr || callable == Py_None) return callable;
  PyObject* result = PyObject_CallOneArg(callable, data);
  Py_DECREF(callable);
  return result;
}

PyObject* call_method(PyObject* self, PyObject* const* arguments, size_t flags,
                      PyObject* keywords) noexcept {
  const DirectMethod& method = method_of(self);
  if (PyVectorcall_NARGS(flags) == 2 && keywords == nullptr) {
    PyObject* result = ask_object(method, arguments[0], arguments[1]);
    if (result != Py_None) return result;
    Py_DECREF(result);
  }
  return PyObject_Vectorcall(method.function, arguments, flags, keywords);
}

PyObject* get_method(PyObject* self, PyObject* object, PyObject*) {
  PyObject* function = method_of(self).function;
  if (object == nullptr || object == Py_None) return Py_NewRef(function);
  return PyMethod_New(function, object);
}

/// Its name, text and module are the function's.
PyObject* get_attribute(PyObject* self, PyObject* name) {
  return PyObject_GetAttr(method_of(self).function, name);
}

int traverse_method(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(method_of(self).function);
  return 0;
}

int clear_method(PyObject* self) {
  Py_CLEAR(method_of(self).function);
  return 0;
}

void free_method(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_XDECREF(method_of(self).function);
  Py_XDECREF(method_of(self).attribute);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(DirectMethod, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_members, members},
                       {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                       {Py_tp_descr_get, reinterpret_cast<void*>(get_method)},
                       {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse_method)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear_method)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(free_method)},
                       {0, nullptr}};
PyType_Spec spec = {"mainspring._engine.DirectMethod", sizeof(DirectMethod), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                        Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                    slots};

py::object direct_method(const py::object& type, const py::object& function,
                         const py::str& attribute) {
  auto* method = PyObject_GC_New(DirectMethod, reinterpret_cast<PyTypeObject*>(type.ptr()));
  if (method == nullptr) throw py::error_already_set();
  method->call = &call_method;
  method->function = function.inc_ref().ptr();
  method->attribute = attribute.inc_ref().ptr();
  PyUnicode_InternInPlace(&method->attribute);
  auto* object = reinterpret_cast<PyObject*>(method);
  PyObject_GC_Track(object);
  return py::reinterpret_steal<py::object>(object);
}

}  // namespace

void register_method(py::module_& module) {
  const auto type = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
  if (!type) throw py::error_already_set();
  module.def(
      "direct_method",
      [type](const py::object& function, const py::str& attribute) {
        return direct_method(type, function, attribute);
      },
      py::arg("function"), py::arg("attribute"),
      "A method of a class as `function`, but that a call of it straight on an object, with one "
      "argument by position, is first one of what the object has as `attribute`, if that is not "
      "None and does not give None.");
}

}  // namespace mainspring::bind

// Python numbers, text and times as the engine's. Exact types first: they are what rows are made
// of; NumPy and pandas scalars come through the number protocol, so neither is imported.
#include "bind/python_values.hpp"

#include <datetime.h>

#include <cmath>
#include <cstring>

#include "runtime/json/parse_time.hpp"

namespace mainspring::bind {
namespace {

/// Owns one reference.
class Owned {
 public:
  explicit Owned(PyObject* object) : object_(object) {}
  ~Owned() { Py_XDECREF(object_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  PyObject* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_;
};

bool is_nan(PyObject* value) {
  return PyFloat_Check(value) && std::isnan(PyFloat_AS_DOUBLE(value));
}

/// pandas.NA is a class of its own that no protocol tells from others.
bool is_pandas_na(PyObject* value) {
  const char* name = Py_TYPE(value)->tp_name;
  return std::strstr(name, "NAType") != nullptr;
}

bool has_float(PyObject* value) {
  const PyNumberMethods* methods = Py_TYPE(value)->tp_as_number;
  return methods != nullptr && methods->nb_float != nullptr;
}

bool set_real(PyObject* value, uint32_t number, RowColumns* columns) {
  if (PyFloat_Check(value)) {
    columns->set_number(number, PyFloat_AS_DOUBLE(value));
    return true;
  }
  // NumPy's text has the number protocol too and would be parsed.
  if (PyUnicode_Check(value) || PyBytes_Check(value)) return false;
  if (!PyLong_Check(value) && !has_float(value)) return false;
  const double real = PyFloat_AsDouble(value);
  if (real == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return false;
  }
  columns->set_number(number, real);
  return true;
}

bool set_int(PyObject* value, uint32_t number, RowColumns* columns) {
  int overflow = 0;
  const long long integer = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    columns->set_integer(number, integer);
    return true;
  }
  if (overflow < 0) return false;
  const unsigned long long large = PyLong_AsUnsignedLongLong(value);
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return false;
  }
  columns->set_unsigned(number, large);
  return true;
}

bool set_integer(PyObject* value, uint32_t number, RowColumns* columns) {
  if (PyLong_Check(value)) return set_int(value, number, columns);
  if (!PyFloat_Check(value) && PyIndex_Check(value)) {
    const Owned index(PyNumber_Index(value));
    if (index) return set_int(index.get(), number, columns);
    PyErr_Clear();  // numpy.bool_ has the slot but refuses
  }
  return set_real(value, number, columns);
}

bool set_text(PyObject* value, uint32_t number, RowColumns* columns) {
  if (PyUnicode_Check(value)) {
    Py_ssize_t length = 0;
    const char* text = PyUnicode_AsUTF8AndSize(value, &length);
    if (text == nullptr) {  // a lone surrogate
      PyErr_Clear();
      return false;
    }
    columns->set_bytes(number, text, static_cast<uint64_t>(length));
    return true;
  }
  if (!PyBytes_Check(value)) return false;
  columns->set_bytes(number, PyBytes_AS_STRING(value),
                     static_cast<uint64_t>(PyBytes_GET_SIZE(value)));
  return true;
}

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;

int64_t epoch_days(PyObject* date) {
  return days_of(PyDateTime_GET_YEAR(date), static_cast<uint32_t>(PyDateTime_GET_MONTH(date)),
                 static_cast<uint32_t>(PyDateTime_GET_DAY(date)));
}

/// The offset from UTC of an aware datetime in microseconds; 0 for a naive one.
bool utc_offset(PyObject* value, int64_t* micros) {
  *micros = 0;
  PyObject* zone = PyDateTime_DATE_GET_TZINFO(value);
  if (zone == Py_None || zone == PyDateTime_TimeZone_UTC) return true;
  const Owned offset(PyObject_CallMethod(value, "utcoffset", nullptr));
  if (!offset) {
    PyErr_Clear();
    return false;
  }
  if (offset.get() == Py_None) return true;
  if (!PyDelta_Check(offset.get())) return false;
  *micros = PyDateTime_DELTA_GET_DAYS(offset.get()) * kMicrosPerDay +
            PyDateTime_DELTA_GET_SECONDS(offset.get()) * kMicrosPerSecond +
            PyDateTime_DELTA_GET_MICROSECONDS(offset.get());
  return true;
}

bool set_datetime(PyObject* value, uint32_t number, RowColumns* columns) {
  if (!PyDateTime_CheckExact(value)) {
    // pandas.NaT passes for a datetime; it is the one that does not equal itself.
    const Owned differs(PyObject_RichCompare(value, value, Py_NE));
    if (!differs) PyErr_Clear();
    if (differs && differs.get() == Py_True) {
      columns->set_missing(number);
      return true;
    }
  }
  int64_t offset = 0;
  if (!utc_offset(value, &offset)) return false;
  const int64_t seconds = epoch_days(value) * 86400 + PyDateTime_DATE_GET_HOUR(value) * 3600 +
                          PyDateTime_DATE_GET_MINUTE(value) * 60 +
                          PyDateTime_DATE_GET_SECOND(value);
  columns->set_time(number,
                    seconds * kMicrosPerSecond + PyDateTime_DATE_GET_MICROSECOND(value) - offset,
                    TimeUnit::kMicro);
  return true;
}

bool set_time_text(PyObject* value, uint32_t number, RowColumns* columns) {
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value, &length);
  if (text == nullptr) {
    PyErr_Clear();
    return false;
  }
  Instant instant{};
  if (!parse_time(text, static_cast<uint64_t>(length), &instant)) return false;
  constexpr int64_t kNanosPerSecond = 1000000000;
  // Nanoseconds hold 1677 to 2262; other years come in microseconds.
  const bool near = instant.seconds > INT64_MIN / kNanosPerSecond &&
                    instant.seconds < INT64_MAX / kNanosPerSecond;
  if (near) {
    columns->set_time(number, instant.seconds * kNanosPerSecond + instant.nanos, TimeUnit::kNano);
  } else {
    columns->set_time(number, instant.seconds * kMicrosPerSecond + instant.nanos / 1000,
                      TimeUnit::kMicro);
  }
  return true;
}

/// A datetime64 in microseconds is a datetime, or None for NaT.
bool set_datetime64(PyObject* value, uint32_t number, RowColumns* columns) {
  const Owned micros(PyObject_CallMethod(value, "astype", "s", "datetime64[us]"));
  const Owned item(micros ? PyObject_CallMethod(micros.get(), "item", nullptr) : nullptr);
  if (!item) {
    PyErr_Clear();
    return false;
  }
  if (item.get() == Py_None) {
    columns->set_missing(number);
    return true;
  }
  return PyDateTime_Check(item.get()) && set_datetime(item.get(), number, columns);
}

bool set_time(PyObject* value, TimeUnit unit, uint32_t number, RowColumns* columns) {
  if (PyDateTimeAPI == nullptr) {
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == nullptr) {
      PyErr_Clear();
      return false;
    }
  }
  if (PyDateTime_Check(value)) return set_datetime(value, number, columns);
  if (PyDate_Check(value)) {
    columns->set_time(number, epoch_days(value), TimeUnit::kDay);
    return true;
  }
  if (PyUnicode_Check(value)) return set_time_text(value, number, columns);
  if (PyBool_Check(value) || PyFloat_Check(value)) return false;
  if (std::strcmp(Py_TYPE(value)->tp_name, "numpy.datetime64") == 0) {
    return set_datetime64(value, number, columns);
  }
  if (!PyIndex_Check(value)) return false;
  const Owned index(PyNumber_Index(value));
  int overflow = 0;
  const long long ticks = index ? PyLong_AsLongLongAndOverflow(index.get(), &overflow) : -1;
  if (!index || overflow != 0) {
    PyErr_Clear();
    return false;
  }
  columns->set_time(number, ticks, unit);
  return true;
}

/// Each element as a single value is read, null and NaN too. A tuple of our own: an element's code
/// may change the list.
bool set_list(PyObject* value, const InputRecord& input, uint32_t number, RowColumns* columns) {
  const bool is_one = PyUnicode_Check(value) || PyBytes_Check(value) || PyByteArray_Check(value) ||
                      PyDict_Check(value) || PySequence_Check(value) == 0;
  if (is_one) return false;
  const Owned elements(PySequence_Tuple(value));
  if (!elements) {
    PyErr_Clear();
    return false;
  }
  const auto kind = static_cast<InputKind>(input.kind);
  InputRecord element_record = input;
  element_record.kind = static_cast<uint8_t>(element_kind(kind));
  RowColumns element(1);
  columns->begin_list(number, kind);
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(elements.get()); ++i) {
    if (!set_value(PyTuple_GET_ITEM(elements.get(), i), element_record, 0, &element)) return false;
    columns->add_element(number, element.columns()[0]);
  }
  columns->end_list(number);
  return true;
}

}  // namespace

bool set_value(PyObject* value, const InputRecord& input, uint32_t number, RowColumns* columns) {
  // Of numbers the plan says what NaN is.
  const bool numbers = input.kind == static_cast<uint8_t>(InputKind::kFloat);
  if (value == Py_None || (!numbers && is_nan(value))) {
    columns->set_missing(number);
    return true;
  }
  bool taken = false;
  switch (static_cast<InputKind>(input.kind)) {
    case InputKind::kFloat: taken = set_real(value, number, columns); break;
    case InputKind::kInteger: taken = set_integer(value, number, columns); break;
    case InputKind::kBytes: taken = set_text(value, number, columns); break;
    case InputKind::kTimestamp:
      taken = set_time(value, static_cast<TimeUnit>(input.unit), number, columns);
      break;
    case InputKind::kFloatList:
    case InputKind::kIntegerList:
    case InputKind::kBytesList: taken = set_list(value, input, number, columns); break;
  }
  if (taken || !is_pandas_na(value)) return taken;
  columns->set_missing(number);
  return true;
}

}  // namespace mainspring::bind

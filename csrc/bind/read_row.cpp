// Looks up every input of a plan in a mapping, and says in one sentence what does not fit.
#include "bind/read_row.hpp"

#include <algorithm>
#include <string>

#include "bind/python_values.hpp"
#include "host/error.hpp"
#include "host/match_columns.hpp"
#include "host/names.hpp"
#include "host/redaction.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

constexpr size_t kMaxValueShown = 40;

std::string at_row(std::optional<uint64_t> number) {
  return number.has_value() ? " at row " + std::to_string(*number) : "";
}

/// One value may be shown, unless MAINSPRING_REDACT says that none may.
std::string show(PyObject* value) {
  const std::string type = Py_TYPE(value)->tp_name;
  if (!shows_values()) return type;
  const auto text = py::reinterpret_steal<py::object>(PyObject_Repr(value));
  Py_ssize_t length = 0;
  const char* bytes = text ? PyUnicode_AsUTF8AndSize(text.ptr(), &length) : nullptr;
  if (bytes == nullptr) {
    PyErr_Clear();
    return type;
  }
  std::string shown(bytes, static_cast<size_t>(length));
  if (shown.size() > kMaxValueShown) {
    size_t end = kMaxValueShown;
    while ((static_cast<uint8_t>(shown[end]) & 0xC0) == 0x80) --end;  // not inside a character
    shown = shown.substr(0, end) + "...";
  }
  return shown + " of type " + type;
}

const char* fix_of(const InputRecord& input) {
  switch (static_cast<InputKind>(input.kind)) {
    case InputKind::kFloat: return "Pass a float or int, or None for a missing value.";
    case InputKind::kInteger: return "Pass an int below 2^64, or None for a missing value.";
    case InputKind::kBytes: return "Pass a str or bytes, or None for a missing value.";
    case InputKind::kTimestamp:
      return "Pass a datetime, RFC 3339 text, an int in the column's unit, or None for a missing "
             "value.";
    case InputKind::kFloatList:
      return "Pass a list of float or int, or None for a missing list or element.";
    case InputKind::kIntegerList:
      return "Pass a list of int below 2^64, or None for a missing list or element.";
    case InputKind::kBytesList:
      return "Pass a list of str or bytes, or None for a missing list or element.";
  }
  return "";
}

[[noreturn]] void throw_bad_value(const PlanView& plan, uint32_t input, PyObject* value,
                                  std::optional<uint64_t> number) {
  const InputRecord& record = plan.inputs[input];
  const std::string name(input_name(plan, input));
  const std::string got = show(value);
  Error error(ErrorKind::kData, "Column '" + name + "' has the value " + got + at_row(number) +
                                    ", expected " + expected_of(record) + ". " + fix_of(record));
  error.column(name).expected(expected_of(record)).got(got).hint(fix_of(record));
  if (number.has_value()) error.row(*number);
  throw error;
}

[[noreturn]] void throw_not_a_row(PyObject* row, std::optional<uint64_t> number) {
  const std::string got = Py_TYPE(row)->tp_name;
  Error error(ErrorKind::kData, "A row" + at_row(number) + " has type " + got +
                                    ", expected a dict from column names to values. Pass a table "
                                    "to predict() instead, or one dict a row.");
  error.expected("a dict").got(got);
  if (number.has_value()) error.row(*number);
  throw error;
}

/// New reference, or null when the key is not there. Throws what looking it up raised.
py::object find_value(PyObject* row, PyObject* name) {
  if (PyDict_Check(row)) {
    PyObject* value = PyDict_GetItemWithError(row, name);
    if (value == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return py::reinterpret_borrow<py::object>(value);
  }
  auto value = py::reinterpret_steal<py::object>(PyObject_GetItem(row, name));
  if (!value) {
    if (PyErr_ExceptionMatches(PyExc_KeyError) == 0) throw py::error_already_set();
    PyErr_Clear();
  }
  return value;
}

std::vector<std::string> keys_of(PyObject* row) {
  std::vector<std::string> keys;
  for (const py::handle key : py::reinterpret_steal<py::object>(PyMapping_Keys(row))) {
    if (PyUnicode_Check(key.ptr())) keys.push_back(py::cast<std::string>(key));
  }
  return keys;
}

/// `who` lacks the inputs that are not seen; `row` may have keys that look like them.
[[noreturn]] void throw_missing_keys(const PlanView& plan, const std::vector<uint8_t>& seen,
                                     const std::string& who, PyObject* row,
                                     std::optional<uint64_t> number) {
  std::vector<std::string> missing;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    if (seen[i] == 0) missing.emplace_back(input_name(plan, i));
  }
  const std::string hint = "Pass None for a missing value.";
  const std::string guess = missing.size() == 1 ? did_you_mean(missing[0], keys_of(row)) : "";
  Error error(ErrorKind::kSchema, who + " the column" + (missing.size() == 1 ? " " : "s ") +
                                      list_names(missing) + ". " +
                                      (guess.empty() ? "" : guess + " ") + hint);
  error.column(missing[0]).hint(hint);
  if (number.has_value()) error.row(*number);
  throw error;
}

}  // namespace

RowReader::RowReader(std::shared_ptr<const BundleImage> image) : image_(std::move(image)) {
  const PlanView& plan = image_->view().plan;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const std::string_view name = input_name(plan, i);
    PyObject* text = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
    if (text == nullptr) throw py::error_already_set();
    PyUnicode_InternInPlace(&text);
    names_.push_back(py::reinterpret_steal<py::object>(text));
  }
}

RowReader::Lease::Lease(RowReader& reader) : owner(reader) {
  if (owner.free_.empty()) {
    room = std::make_unique<Room>(owner.image_->view().plan.num_inputs);
  } else {
    room = std::move(owner.free_.back());
    owner.free_.pop_back();
  }
}

RowReader::Lease::~Lease() {
  // Letting a value go can run Python too; the room goes back after that.
  for (py::object& value : room->values) value = py::object();
  owner.free_.push_back(std::move(room));
}

void RowReader::read(PyObject* row, std::optional<uint64_t> number, uint8_t* seen,
                     Room* room) const {
  if (!PyDict_Check(row) && PyObject_HasAttrString(row, "keys") == 0) {
    throw_not_a_row(row, number);
  }
  const PlanView& plan = image_->view().plan;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    py::object& value = room->values[i];
    value = find_value(row, names_[i].ptr());
    if (!value) {
      if (seen == nullptr) throw_lacking(row, number);
      room->columns.set_missing(i);
      continue;
    }
    if (seen != nullptr) seen[i] = 1;
    if (!set_value(value.ptr(), plan.inputs[i], i, &room->columns)) {
      throw_bad_value(plan, i, value.ptr(), number);
    }
  }
}

void RowReader::throw_lacking(PyObject* row, std::optional<uint64_t> number) const {
  std::vector<uint8_t> seen;
  for (const py::object& name : names_) seen.push_back(find_value(row, name.ptr()) ? 1 : 0);
  throw_missing_keys(image_->view().plan, seen, "The row" + at_row(number) + " lacks", row, number);
}

void RowReader::check_seen(const py::list& rows, const std::vector<uint8_t>& seen) const {
  if (std::find(seen.begin(), seen.end(), 0) == seen.end()) return;
  const py::object first = rows[0];
  const std::string who =
      rows.size() == 1 ? "The row lacks" : "The " + std::to_string(rows.size()) + " rows lack";
  throw_missing_keys(image_->view().plan, seen, who, first.ptr(), std::nullopt);
}

}  // namespace mainspring::bind

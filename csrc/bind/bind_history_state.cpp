// The online state of a history for Python, and its replay.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "history/history_state.hpp"
#include "history/key_bytes.hpp"
#include "history/replay.hpp"
#include "host/error.hpp"
#include "runtime/core/key_table.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

void check_features(const BufferView& buffer, const HistoryPlan& plan, uint64_t num_rows) {
  if (buffer.count() == plan.features.size() * num_rows) return;
  throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                         " elements, expected one for each feature and row.");
}

std::vector<double*> feature_rows(const BufferView& buffer, const HistoryPlan& plan,
                                  uint64_t num_rows) {
  std::vector<double*> rows;
  for (size_t i = 0; i < plan.features.size(); ++i) {
    rows.push_back(buffer.data<double>() + i * num_rows);
  }
  return rows;
}

std::unique_ptr<HistoryState> make_state(const HistoryPlan& plan, const py::object& folder,
                                         bool on_disk, uint64_t max_bytes, uint32_t block_events) {
  if (block_events < 2 || block_events > 256) {
    throw Error(ErrorKind::kParameter, "block_events must be from 2 to 256.");
  }
  StateOptions options{max_bytes, "", on_disk ? Durability::kDisk : Durability::kProcess,
                       block_events};
  if (!folder.is_none()) {
    PyObject* encoded = nullptr;
    if (PyUnicode_FSConverter(folder.ptr(), &encoded) == 0) throw py::error_already_set();
    options.folder = py::reinterpret_steal<py::bytes>(encoded);
  }
  const py::gil_scoped_release unlocked;
  return std::make_unique<HistoryState>(plan, options);
}

py::dict counts_dict(const IngestResult& result) {
  py::dict dict;
  dict["taken"] = result.taken;
  dict["expired"] = result.expired;
  dict["duplicates"] = result.counts.duplicates;
  dict["future"] = result.counts.future;
  dict["late"] = result.counts.late;
  dict["off_grid"] = result.counts.off_grid;
  dict["without_key"] = result.counts.without_key;
  dict["without_time"] = result.counts.without_time;
  return dict;
}

py::dict ingest_table(HistoryState& state, const Table& events, int64_t now) {
  IngestResult result;
  {
    const py::gil_scoped_release unlocked;
    result = state.ingest(events, now);
  }
  return counts_dict(result);
}

py::dict query_table(HistoryState& state, const Table& requests, const std::string& at,
                     const std::vector<std::string>& keys, const py::object& out,
                     const py::object& known_since) {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  const BufferView since(known_since.ptr(), 'l', true, "known_since");
  const uint64_t num_rows = requests.num_rows();
  check_features(buffer, state.plan(), num_rows);
  if (since.count() != num_rows || keys.size() != state.plan().keys.size()) {
    throw Error(ErrorKind::kParameter,
                "Expected one time for each row, and a column for each key.");
  }
  const std::vector<double*> rows = feature_rows(buffer, state.plan(), num_rows);
  HistoryCounts counts;
  {
    const py::gil_scoped_release unlocked;
    counts = state.query(requests, {at, keys}, rows.data(), since.data<int64_t>());
  }
  py::dict dict;
  dict["requests_without_time"] = counts.requests_without_time;
  dict["requests_without_key"] = counts.requests_without_key;
  return dict;
}

/// Writes a value as key_bytes() does; false: it is of a type that only a table knows.
bool append_value(PyObject* value, std::string* key) {
  if (PyLong_CheckExact(value) || PyBool_Check(value)) {
    int overflow = 0;
    const long long integer = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0) return false;
    append_number(key, 'i', static_cast<uint64_t>(integer));
    return true;
  }
  if (PyUnicode_CheckExact(value)) {
    Py_ssize_t length = 0;
    const char* text = PyUnicode_AsUTF8AndSize(value, &length);
    if (text == nullptr) {
      PyErr_Clear();
      return false;
    }
    append_text(key, {text, static_cast<size_t>(length)});
    return true;
  }
  if (PyBytes_CheckExact(value)) {
    append_text(key, {PyBytes_AS_STRING(value), static_cast<size_t>(PyBytes_GET_SIZE(value))});
    return true;
  }
  if (PyFloat_CheckExact(value) && PyFloat_AS_DOUBLE(value) == PyFloat_AS_DOUBLE(value)) {
    append_number(key, 'f', number_key(PyFloat_AS_DOUBLE(value)));
    return true;
  }
  return false;
}

/// Keeps the interpreter's lock: giving it up and waiting for it takes longer than the answer.
py::object query_one(HistoryState& state, const py::object& key, int64_t at,
                     const py::object& names) {
  const size_t count = state.plan().features.size();
  const bool are_tuples = PyTuple_Check(key.ptr()) && PyTuple_Check(names.ptr());
  if (!are_tuples || py::len(key) != state.plan().keys.size() || py::len(names) != count) {
    throw Error(ErrorKind::kParameter,
                "Expected tuples of a value for each key, and a name for each feature.");
  }
  std::string bytes;
  bool has_key = true;
  for (size_t i = 0; i < state.plan().keys.size(); ++i) {
    PyObject* value = PyTuple_GET_ITEM(key.ptr(), static_cast<Py_ssize_t>(i));
    has_key = has_key && value != Py_None;
    if (has_key && !append_value(value, &bytes)) return py::none();
  }
  std::vector<double> features(count);
  has_key ? state.query_key(bytes, at, features.data()) : state.query_nothing(features.data());
  py::dict answer;
  for (size_t i = 0; i < count; ++i) {
    const bool is_null = features[i] != features[i];
    const py::object value = is_null ? py::object(py::none()) : py::float_(features[i]);
    if (PyDict_SetItem(answer.ptr(), PyTuple_GET_ITEM(names.ptr(), static_cast<Py_ssize_t>(i)),
                       value.ptr()) != 0) {
      throw py::error_already_set();
    }
  }
  return answer;
}

py::dict memory_dict(const HistoryState& state) {
  const StateMemory memory = state.memory();
  py::dict dict;
  dict["keys"] = memory.num_keys;
  dict["events"] = memory.num_events;
  dict["event_bytes"] = memory.event_bytes;
  dict["key_bytes"] = memory.key_bytes;
  return dict;
}

py::dict totals_dict(const HistoryState& state) {
  const StateTotals totals = state.totals();
  py::dict dict = counts_dict(totals.ingested);
  dict["refused"] = totals.refused;
  dict["evicted_events"] = totals.evicted_events;
  dict["evicted_keys"] = totals.evicted_keys;
  return dict;
}

py::dict replay_tables(const HistoryPlan& plan, const Table& events, const Table& requests,
                       const std::string& at, const std::vector<std::string>& keys,
                       const py::object& wanted, uint32_t block_events) {
  const BufferView buffer(wanted.ptr(), 'd', false, "wanted");
  check_features(buffer, plan, requests.num_rows());
  const std::vector<double*> rows = feature_rows(buffer, plan, requests.num_rows());
  ReplayResult result;
  {
    const py::gil_scoped_release unlocked;
    result = replay_history(plan, events, requests, {at, keys}, rows.data(), block_events);
  }
  py::dict dict;
  dict["num_different"] = result.num_different;
  dict["first_different"] =
      result.num_different == 0 ? py::object(py::none()) : py::int_(result.first_different);
  dict["taken"] = result.taken;
  dict["expired"] = result.expired;
  dict["duplicates"] = result.duplicates;
  dict["arrived_late"] = result.arrived_late;
  return dict;
}

void save_state(HistoryState& state) {
  const py::gil_scoped_release unlocked;
  state.save();
}

void evict_state(HistoryState& state, int64_t now) {
  const py::gil_scoped_release unlocked;
  state.evict(now);
}

}  // namespace

void register_history_state(py::module_& module) {
  py::class_<HistoryState>(module, "HistoryState", "Events as they come, and features of a key.")
      .def(py::init(&make_state), py::arg("plan"), py::arg("folder"), py::arg("on_disk"),
           py::arg("max_bytes"), py::arg("block_events") = StateOptions{}.block_events)
      .def("ingest", &ingest_table, py::arg("events"), py::arg("now"),
           "Take a table of events that arrives at `now`, in microseconds.")
      .def("query", &query_table, py::arg("requests"), py::arg("at"), py::arg("keys"),
           py::arg("out"), py::arg("known_since"),
           "Fill out, float64 (features, rows), and known_since, int64 (rows,).")
      .def("query_one", &query_one, py::arg("key"), py::arg("at"), py::arg("names"),
           "The features of one key by their names; None: a value is of a type that only tables "
           "know.")
      .def("save", &save_state, "Write a snapshot and empty the log.")
      .def("evict", &evict_state, py::arg("now"))
      .def_property_readonly("memory", &memory_dict)
      .def_property_readonly("totals", &totals_dict, "What happened since it was opened.")
      .def_property_readonly("clock", &HistoryState::clock)
      .def_property_readonly("cut_bytes", &HistoryState::cut_bytes,
                             "Bytes of the log that were not written to their end.");
  module.def("replay_history", &replay_tables, py::arg("plan"), py::arg("events"),
             py::arg("requests"), py::arg("at"), py::arg("keys"), py::arg("wanted"),
             py::arg("block_events") = StateOptions{}.block_events);
}

}  // namespace mainspring::bind

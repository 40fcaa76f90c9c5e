// The online state of a history for Python, and its replay.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "history/history_state.hpp"
#include "history/replay.hpp"
#include "host/error.hpp"

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
                                         bool on_disk, uint64_t max_bytes) {
  StateOptions options{max_bytes, "", on_disk ? Durability::kDisk : Durability::kProcess};
  if (!folder.is_none()) {
    PyObject* encoded = nullptr;
    if (PyUnicode_FSConverter(folder.ptr(), &encoded) == 0) throw py::error_already_set();
    options.folder = py::reinterpret_steal<py::bytes>(encoded);
  }
  const py::gil_scoped_release unlocked;
  return std::make_unique<HistoryState>(plan, options);
}

py::dict ingest_table(HistoryState& state, const Table& events, int64_t now) {
  IngestResult result;
  {
    const py::gil_scoped_release unlocked;
    result = state.ingest(events, now);
  }
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

py::dict memory_dict(const HistoryState& state) {
  const StateMemory memory = state.memory();
  py::dict dict;
  dict["keys"] = memory.num_keys;
  dict["events"] = memory.num_events;
  dict["event_bytes"] = memory.event_bytes;
  dict["key_bytes"] = memory.key_bytes;
  return dict;
}

py::dict replay_tables(const HistoryPlan& plan, const Table& events, const Table& requests,
                       const std::string& at, const std::vector<std::string>& keys,
                       const py::object& wanted) {
  const BufferView buffer(wanted.ptr(), 'd', false, "wanted");
  check_features(buffer, plan, requests.num_rows());
  const std::vector<double*> rows = feature_rows(buffer, plan, requests.num_rows());
  ReplayResult result;
  {
    const py::gil_scoped_release unlocked;
    result = replay_history(plan, events, requests, {at, keys}, rows.data());
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
           py::arg("max_bytes"))
      .def("ingest", &ingest_table, py::arg("events"), py::arg("now"),
           "Take a table of events that arrives at `now`, in microseconds.")
      .def("query", &query_table, py::arg("requests"), py::arg("at"), py::arg("keys"),
           py::arg("out"), py::arg("known_since"),
           "Fill out, float64 (features, rows), and known_since, int64 (rows,).")
      .def("save", &save_state, "Write a snapshot and empty the log.")
      .def("evict", &evict_state, py::arg("now"))
      .def_property_readonly("memory", &memory_dict)
      .def_property_readonly("clock", &HistoryState::clock)
      .def_property_readonly("cut_bytes", &HistoryState::cut_bytes,
                             "Bytes of the log that were not written to their end.");
  module.def("replay_history", &replay_tables, py::arg("plan"), py::arg("events"),
             py::arg("requests"), py::arg("at"), py::arg("keys"), py::arg("wanted"));
}

}  // namespace mainspring::bind

// History features of tables that do not fit in memory, for Python.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "history/spilled_history.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

std::unique_ptr<SpilledHistory> make_spilled(const HistoryPlan& plan, const py::object& folder,
                                             uint32_t num_parts, uint64_t max_bytes) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(folder.ptr(), &encoded) == 0) throw py::error_already_set();
  const auto path = py::reinterpret_steal<py::bytes>(encoded);
  return std::make_unique<SpilledHistory>(plan, SpillOptions{path, num_parts, max_bytes});
}

void add_spilled_events(SpilledHistory& spilled, const Table& events) {
  const py::gil_scoped_release unlocked;
  spilled.add_events(events);
}

void add_spilled_requests(SpilledHistory& spilled, const Table& requests, const std::string& at,
                          const std::vector<std::string>& keys) {
  const py::gil_scoped_release unlocked;
  spilled.add_requests(requests, {at, keys});
}

py::dict compute_spilled(SpilledHistory& spilled) {
  {
    const py::gil_scoped_release unlocked;
    spilled.compute();
  }
  const HistoryCounts& counts = spilled.counts();
  py::dict dict;
  dict["without_time"] = counts.without_time;
  dict["without_key"] = counts.without_key;
  dict["late"] = counts.late;
  dict["duplicates"] = counts.duplicates;
  dict["off_grid"] = counts.off_grid;
  dict["requests_without_time"] = counts.requests_without_time;
  dict["requests_without_key"] = counts.requests_without_key;
  dict["most_bytes"] = spilled.most_bytes();
  dict["pieces"] = spilled.num_pieces();
  return dict;
}

void read_spilled(SpilledHistory& spilled, const py::object& out, uint64_t num_rows) {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  const size_t width = spilled.plan().features.size();
  if (buffer.count() != width * num_rows) {
    throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                           " elements, expected one for each feature and row.");
  }
  std::vector<double*> columns;
  for (size_t i = 0; i < width; ++i) columns.push_back(buffer.data<double>() + i * num_rows);
  const py::gil_scoped_release unlocked;
  spilled.read(num_rows, columns.data());
}

}  // namespace

void register_history_spill(py::module_& module) {
  py::class_<SpilledHistory>(module, "SpilledHistory",
                             "History features of tables that do not fit in memory.")
      .def(py::init(&make_spilled), py::arg("plan"), py::arg("folder"), py::arg("num_parts"),
           py::arg("max_bytes"))
      .def("add_events", &add_spilled_events, py::arg("events"))
      .def("add_requests", &add_spilled_requests, py::arg("requests"), py::arg("at"),
           py::arg("keys"))
      .def("compute", &compute_spilled, "Return counts, and the most memory that was needed.")
      .def("read", &read_spilled, py::arg("out"), py::arg("num_rows"),
           "Fill out, float64 (features, rows), for the next requests.");
}

}  // namespace mainspring::bind

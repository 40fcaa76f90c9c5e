// Rows for ids of any value, for Python: addresses of int64 tensors in, which the caller keeps.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bind/train_backend.hpp"
#include "host/error.hpp"
#include "train/embedding/dynamic_ids.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using train::DynamicIds;

std::span<const int64_t> ids_at(uint64_t address, int64_t count) {
  return {at_address<const int64_t>(address), static_cast<size_t>(count)};
}

/// Fresh rows, their ids, and how many were evicted.
std::tuple<std::vector<int64_t>, std::vector<int64_t>, int64_t> assign_rows(
    DynamicIds& self, uint64_t ids, int64_t count, int64_t max_rows, int64_t keep_from,
    uint64_t rows) {
  const train::Assigned done =
      self.assign(ids_at(ids, count), max_rows, keep_from, at_address<int64_t>(rows));
  if (!done.has_room) {
    const std::string expected = "at most " + std::to_string(max_rows - 1) + " ids at once";
    throw Error(ErrorKind::kData, "The table has no room for " + std::to_string(done.num_new) +
                                      " new ids beside those of this step, expected " + expected +
                                      ". Raise max_rows, or give fewer rows at once.")
        .expected(expected)
        .got(std::to_string(done.num_new) + " new ids");
  }
  return {done.fresh_rows, done.fresh_ids, done.num_evicted};
}

void restore_ids(DynamicIds& self, const std::vector<int64_t>& numbers, int64_t num_calls) {
  if (self.restore(numbers, num_calls)) return;
  throw Error(ErrorKind::kParameter,
              "The state of a table's ids is damaged: expected three numbers a row, no id twice.");
}

void draw_rows(const std::vector<int64_t>& ids, int64_t width, uint64_t seed, double scale,
               uint64_t out) {
  train::draw_rows_of_ids(ids, width, seed, static_cast<float>(scale), at_address<float>(out));
}

}  // namespace

void register_dynamic_ids(py::module_& module) {
  py::class_<DynamicIds>(module, "DynamicIds", "Rows for ids of any value.")
      .def(py::init<>())
      .def_property_readonly("num_ids", &DynamicIds::num_ids)
      .def_property_readonly("num_rows", &DynamicIds::num_rows)
      .def_property_readonly("num_calls", &DynamicIds::num_calls)
      .def(
          "find",
          [](const DynamicIds& self, uint64_t ids, int64_t count, uint64_t rows) {
            self.find(ids_at(ids, count), at_address<int64_t>(rows));
          },
          py::arg("ids"), py::arg("count"), py::arg("rows"))
      .def("assign", &assign_rows, py::arg("ids"), py::arg("count"), py::arg("max_rows"),
           py::arg("keep_from"), py::arg("rows"),
           "Fresh rows, their ids, and how many ids were evicted.")
      .def("state", &DynamicIds::state, "Three numbers a row: id, count, last call.")
      .def("restore", &restore_ids, py::arg("numbers"), py::arg("num_calls"))
      .def(py::pickle(
          [](const DynamicIds& self) { return std::tuple{self.state(), self.num_calls()}; },
          [](const std::tuple<std::vector<int64_t>, int64_t>& state) {
            DynamicIds ids;
            restore_ids(ids, std::get<0>(state), std::get<1>(state));
            return ids;
          }));
  module.def("train_draw_rows", &draw_rows, py::arg("ids"), py::arg("width"), py::arg("seed"),
             py::arg("scale"), py::arg("out"));
}

}  // namespace mainspring::bind

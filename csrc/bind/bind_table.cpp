// Arrow capsules in, Table out; and the size of the pool. Only argument handling: the work is in
// host/.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "host/column_numbers.hpp"
#include "host/distinct_rows.hpp"
#include "host/error.hpp"
#include "host/table.hpp"
#include "host/thread_pool.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

template <class T>
T* capsule_pointer(const py::object& capsule, const char* name) {
  if (!PyCapsule_IsValid(capsule.ptr(), name)) {
    const std::string got = py::str(py::type::of(capsule).attr("__name__"));
    throw Error(ErrorKind::kParameter, std::string("Expected a capsule named '") + name +
                                           "', got " + got +
                                           ". Pass what __arrow_c_stream__ or __arrow_c_array__ "
                                           "returned.")
        .expected(name)
        .got(got);
  }
  return static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
}

// The producer may run Python or take locks while it is read: the GIL must be free.
Table from_stream(const py::object& capsule) {
  auto* stream = capsule_pointer<ArrowArrayStream>(capsule, "arrow_array_stream");
  const py::gil_scoped_release released;
  return Table::from_stream(stream);
}

Table from_array(const py::object& schema_capsule, const py::object& array_capsule) {
  auto* schema = capsule_pointer<ArrowSchema>(schema_capsule, "arrow_schema");
  auto* array = capsule_pointer<ArrowArray>(array_capsule, "arrow_array");
  const py::gil_scoped_release released;
  return Table::from_array(schema, array);
}

std::vector<std::string> column_names(const Table& table) {
  return {table.column_names().begin(), table.column_names().end()};
}

std::vector<std::string> column_types(const Table& table) {
  std::vector<std::string> types;
  for (const Table::Column& column : table.columns()) types.push_back(column.type_name);
  return types;
}

void numbers(const Table& table, const std::string& name, const py::object& out) {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  const uint32_t column = table.column_index(name);
  if (buffer.count() != table.num_rows()) {
    throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                           " elements, expected one for each of " +
                                           std::to_string(table.num_rows()) + " rows.");
  }
  const py::gil_scoped_release released;
  copy_numbers(table, column, buffer.data<double>());
}

void check_row_flags(const Table& table, const BufferView& buffer) {
  if (buffer.count() == table.num_rows()) return;
  throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                         " elements, expected one for each of " +
                                         std::to_string(table.num_rows()) + " rows.");
}

std::vector<uint32_t> indices_of(const Table& table, const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) columns.push_back(table.column_index(name));
  return columns;
}

/// Python has checked the name.
KeepRows keep_of(const std::string& keep) {
  return keep == "first" ? KeepRows::kFirst : keep == "last" ? KeepRows::kLast : KeepRows::kNone;
}

void mark_distinct(const Table& table, const std::vector<std::string>& names,
                   const std::string& keep, const py::object& out) {
  const BufferView buffer(out.ptr(), '?', true, "out");
  check_row_flags(table, buffer);
  const std::vector<uint32_t> columns = indices_of(table, names);
  const py::gil_scoped_release released;
  mark_distinct_rows(table, columns, keep_of(keep), buffer.data<uint8_t>());
}

void look_at_rows(DistinctRows& rows, const Table& table, const std::vector<std::string>& names,
                  const py::object& out) {
  const BufferView buffer(out.ptr(), '?', true, "out");
  check_row_flags(table, buffer);
  const std::vector<uint32_t> columns = indices_of(table, names);
  const py::gil_scoped_release released;
  rows.look(table, columns, buffer.data<uint8_t>());
}

void mark_rows(const DistinctRows& rows, const Table& table, const std::vector<std::string>& names,
               uint64_t first_row, const py::object& out) {
  const BufferView buffer(out.ptr(), '?', true, "out");
  check_row_flags(table, buffer);
  const std::vector<uint32_t> columns = indices_of(table, names);
  const py::gil_scoped_release released;
  rows.mark(table, columns, first_row, buffer.data<uint8_t>());
}

}  // namespace

void register_table(py::module_& module) {
  py::class_<Table>(module, "Table",
                    "Arrow batches in the engine's hands: immutable, safe to read from threads.")
      .def_static("from_stream", &from_stream, py::arg("capsule"),
                  "Take everything that an 'arrow_array_stream' capsule yields.")
      .def_static("from_array", &from_array, py::arg("schema_capsule"), py::arg("array_capsule"),
                  "Take one struct array, as __arrow_c_array__ returns it.")
      .def_property_readonly("num_rows", &Table::num_rows)
      .def_property_readonly("column_names", &column_names)
      .def_property_readonly("column_types", &column_types)
      .def("numbers", &numbers, py::arg("name"), py::arg("out"),
           "Write a column of numbers or bools into a float64 buffer; NaN where missing.")
      .def(
          "mark_distinct", &mark_distinct, py::arg("names"), py::arg("keep"), py::arg("out"),
          "Write into a bool buffer which rows stay when those that are alike in the named columns "
          "are one: 'first', 'last', or 'none' of them.");
  py::class_<DistinctRows>(module, "DistinctRows",
                           "Which rows of tables that come one after another are alike.")
      .def(py::init([](const std::string& keep) { return DistinctRows(keep_of(keep)); }),
           py::arg("keep"), "'first', 'last' or 'none' of the rows that are alike stays.")
      .def("look", &look_at_rows, py::arg("table"), py::arg("names"), py::arg("out"),
           "Look at the next table; write into a bool buffer which rows are the first of their "
           "kind.")
      .def("mark", &mark_rows, py::arg("table"), py::arg("names"), py::arg("first_row"),
           py::arg("out"),
           "When all tables were looked at: write into a bool buffer which rows stay.");
  module.def("num_threads", &num_threads, "Threads that native calls may use.");
  module.def("set_num_threads", &set_num_threads, py::arg("count"));
}

}  // namespace mainspring::bind

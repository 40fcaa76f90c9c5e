// Shuffled numbers and gathered rows for Python's feeder of batches.
#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "host/error.hpp"
#include "train/rows.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

constexpr char kIndexFormat = sizeof(long) == sizeof(int64_t) ? 'l' : 'q';

void shuffle_into(uint64_t seed, uint64_t stream, const py::object& out) {
  const BufferView numbers(out.ptr(), kIndexFormat, true, "out");
  const py::gil_scoped_release unlocked;
  shuffle_numbers(seed, stream, numbers.count(), numbers.data<int64_t>());
}

void gather_into(const py::object& rows, const py::object& index, const py::object& out,
                 char format) {
  const BufferView from(rows.ptr(), format, false, "rows");
  const BufferView places(index.ptr(), kIndexFormat, false, "index");
  const BufferView to(out.ptr(), format, true, "out");
  const uint64_t count = places.count();
  if (count == 0) return;
  const uint64_t row_bytes = to.num_bytes() / count;
  if (row_bytes == 0) return;
  const uint64_t num_rows = from.num_bytes() / row_bytes;
  if (to.num_bytes() != row_bytes * count || from.num_bytes() != row_bytes * num_rows ||
      !rows_exist(places.data<int64_t>(), count, num_rows)) {
    throw Error(ErrorKind::kParameter, "An index is none of the " + std::to_string(num_rows) +
                                           " rows, or the arrays do not go together.");
  }
  const py::gil_scoped_release unlocked;
  gather_rows(from.data<uint8_t>(), row_bytes, places.data<int64_t>(), count, to.data<uint8_t>());
}

void gather_floats(const py::object& rows, const py::object& index, const py::object& out) {
  gather_into(rows, index, out, 'f');
}

void gather_integers(const py::object& rows, const py::object& index, const py::object& out) {
  gather_into(rows, index, out, 'i');
}

void interleave_into(const py::list& columns, uint64_t first, uint64_t end, const py::object& out,
                     char format) {
  const BufferView to(out.ptr(), format, true, "out");
  std::vector<std::unique_ptr<BufferView>> views;
  std::vector<const uint32_t*> starts;
  for (const py::handle column : columns) {
    views.push_back(std::make_unique<BufferView>(column.ptr(), format, false, "a column"));
    starts.push_back(views.back()->data<uint32_t>());
    if (end > views.back()->count()) {
      throw Error(ErrorKind::kParameter, "A column has " + std::to_string(views.back()->count()) +
                                             " rows, expected at least " + std::to_string(end) +
                                             ".");
    }
  }
  if (first > end || to.count() != (end - first) * starts.size()) {
    throw Error(ErrorKind::kParameter, "out has another number of elements than the rows.");
  }
  const py::gil_scoped_release unlocked;
  interleave_columns(starts.data(), static_cast<uint32_t>(starts.size()), first, end,
                     to.data<uint32_t>());
}

void interleave_floats(const py::list& columns, uint64_t first, uint64_t end,
                       const py::object& out) {
  interleave_into(columns, first, end, out, 'f');
}

void interleave_integers(const py::list& columns, uint64_t first, uint64_t end,
                         const py::object& out) {
  interleave_into(columns, first, end, out, 'i');
}

}  // namespace

void register_rows(py::module_& module) {
  module.def("shuffle_numbers", &shuffle_into, py::arg("seed"), py::arg("stream"), py::arg("out"),
             "Fill an int64 buffer with 0, 1, 2, ... in an order of the seed and the stream.");
  module.def("gather_floats", &gather_floats, py::arg("rows"), py::arg("index"), py::arg("out"),
             "Copy the rows of a float32 matrix that index, int64, names.");
  module.def("gather_integers", &gather_integers, py::arg("rows"), py::arg("index"), py::arg("out"),
             "Copy the rows of an int32 matrix that index, int64, names.");
  module.def("interleave_floats", &interleave_floats, py::arg("columns"), py::arg("first"),
             py::arg("end"), py::arg("out"),
             "Write rows [first, end) of float32 columns row by row.");
  module.def("interleave_integers", &interleave_integers, py::arg("columns"), py::arg("first"),
             py::arg("end"), py::arg("out"),
             "Write rows [first, end) of int32 columns row by row.");
}

}  // namespace mainspring::bind

// As-of joins for Python: two tables in, the rows that were found out, and columns of them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "history/as_of_join.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

std::vector<uint32_t> key_columns(const Table& table, const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) columns.push_back(table.column_index(name));
  return columns;
}

const char* as_of_unit_name(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNone: return "";
    case TimeUnit::kSecond:
    case TimeUnit::kDay: return "s";
    case TimeUnit::kMilli: return "ms";
    case TimeUnit::kMicro: return "us";
    case TimeUnit::kNano: return "ns";
  }
  return "";
}

/// What an as-of join found.
class FoundRows {
 public:
  FoundRows(const Table& left, const Table& right, const std::string& left_on,
            const std::string& right_on, const std::vector<std::string>& left_by,
            const std::vector<std::string>& right_by, const std::optional<std::string>& available,
            std::optional<int64_t> tolerance, bool allow_exact_matches, bool sort) {
    AsOfRequest request{left.column_index(left_on),
                        right.column_index(right_on),
                        key_columns(left, left_by),
                        key_columns(right, right_by),
                        available ? right.column_index(*available) : int64_t{-1},
                        tolerance.value_or(-1),
                        allow_exact_matches,
                        sort};
    num_rows_ = left.num_rows();
    const py::gil_scoped_release unlocked;
    found_ = as_of_rows(left, right, request);
  }

  py::dict counts() const {
    py::dict counts;
    counts["left_without_time"] = found_.left_without_time;
    counts["left_without_key"] = found_.left_without_key;
    counts["right_without_time"] = found_.right_without_time;
    counts["right_without_key"] = found_.right_without_key;
    counts["right_never_available"] = found_.right_never_available;
    return counts;
  }

  void copy_rows(const py::object& out) const {
    const BufferView buffer(out.ptr(), 'I', true, "out");
    check_room(buffer.count(), num_rows_);
    std::copy(found_.rows.data(), found_.rows.data() + num_rows_, buffer.data<uint32_t>());
  }

  /// Python has checked that `values` covers the rows of the right.
  uint64_t take(const py::object& values, const py::object& valid, uint64_t offset, uint32_t width,
                const py::object& out, const py::object& out_valid) const {
    const BufferView from(values.ptr(), 'B', false, "values");
    const BufferView to(out.ptr(), 'B', true, "out");
    const BufferView bits(out_valid.ptr(), 'B', true, "out_valid");
    std::unique_ptr<BufferView> known;
    if (!valid.is_none()) known = std::make_unique<BufferView>(valid.ptr(), 'B', false, "valid");
    check_room(to.count(), num_rows_ * width);
    check_room(bits.count(), (num_rows_ + 7) / 8);
    const py::gil_scoped_release unlocked;
    return gather(found_, num_rows_, from.data<uint8_t>(),
                  known == nullptr ? nullptr : known->data<uint8_t>(), offset, width,
                  to.data<uint8_t>(), bits.data<uint8_t>());
  }

 private:
  static void check_room(uint64_t got, uint64_t wanted) {
    if (got == wanted) return;
    throw Error(ErrorKind::kParameter, "out has " + std::to_string(got) + " elements, expected " +
                                           std::to_string(wanted) + ".");
  }

  AsOfRows found_;
  uint64_t num_rows_ = 0;
};

std::string join_unit(const Table& left, const Table& right, const std::string& left_on,
                      const std::string& right_on, const std::optional<std::string>& available) {
  AsOfRequest request{};
  request.left_on = left.column_index(left_on);
  request.right_on = right.column_index(right_on);
  request.available = available ? right.column_index(*available) : int64_t{-1};
  return as_of_unit_name(as_of_unit(left, right, request));
}

}  // namespace

void register_history(py::module_& module) {
  module.def("as_of_unit", &join_unit, py::arg("left"), py::arg("right"), py::arg("left_on"),
             py::arg("right_on"), py::arg("available"),
             "The unit that times are compared in: 's', 'ms', 'us', 'ns' or '' of integers.");
  py::class_<FoundRows>(module, "AsOfRows", "Rows of the right for each row of the left.")
      .def(py::init<const Table&, const Table&, const std::string&, const std::string&,
                    const std::vector<std::string>&, const std::vector<std::string>&,
                    const std::optional<std::string>&, std::optional<int64_t>, bool, bool>(),
           py::arg("left"), py::arg("right"), py::arg("left_on"), py::arg("right_on"),
           py::arg("left_by"), py::arg("right_by"), py::arg("available"), py::arg("tolerance"),
           py::arg("allow_exact_matches"), py::arg("sort"))
      .def_property_readonly("counts", &FoundRows::counts)
      .def("copy_rows", &FoundRows::copy_rows, py::arg("out"),
           "Fill out, uint32 (rows of the left,); 4294967295 where there is none.")
      .def("take", &FoundRows::take, py::arg("values"), py::arg("valid"), py::arg("offset"),
           py::arg("width"), py::arg("out"), py::arg("out_valid"),
           "Gather values of `width` bytes and their validity; return how many are null.");
}

}  // namespace mainspring::bind

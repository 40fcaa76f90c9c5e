// Large results for Python in memory that is kept between calls, and the word to release it.
#include <pybind11/pybind11.h>

#include "host/kept_memory.hpp"
#include "host/scratch_array.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

/// Numbers of one result; whoever takes its buffer keeps it alive.
class ResultNumbers {
 public:
  explicit ResultNumbers(uint64_t count) : numbers_(count), count_(count) {}

  py::buffer_info buffer() {
    const auto count = static_cast<py::ssize_t>(count_);
    return {numbers_.data(), sizeof(double), "d", 1, {count}, {py::ssize_t{sizeof(double)}}};
  }

 private:
  ScratchArray<double> numbers_;
  uint64_t count_;
};

}  // namespace

void register_memory(py::module_& module) {
  py::class_<ResultNumbers>(module, "ResultNumbers", py::buffer_protocol(),
                            "Float64 numbers to write a result to, not initialised: the buffer "
                            "protocol shares them.")
      .def(py::init<uint64_t>(), py::arg("count"))
      .def_buffer(&ResultNumbers::buffer);
  module.def("release_memory", &release_kept_memory,
             "Give memory that is kept between calls to the operating system; return its bytes.");
}

}  // namespace mainspring::bind

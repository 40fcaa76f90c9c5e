// Large results for Python in memory that is kept between calls, and the word to release it.
#include <pybind11/pybind11.h>

#include "host/kept_memory.hpp"
#include "host/scratch_array.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

/// Bytes of one result; whoever takes its buffer keeps it alive.
class ResultMemory {
 public:
  explicit ResultMemory(uint64_t num_bytes) : bytes_(num_bytes) {}

  py::buffer_info buffer() {
    const auto num_bytes = static_cast<py::ssize_t>(bytes_.capacity());
    return {bytes_.data(), 1, "B", 1, {num_bytes}, {py::ssize_t{1}}};
  }

 private:
  ScratchArray<uint8_t> bytes_;
};

}  // namespace

void register_memory(py::module_& module) {
  py::class_<ResultMemory>(module, "ResultMemory", py::buffer_protocol(),
                           "Memory to write a result to, not initialised: the buffer protocol "
                           "shares it.")
      .def(py::init<uint64_t>(), py::arg("num_bytes"))
      .def_buffer(&ResultMemory::buffer);
  module.def("release_memory", &release_kept_memory,
             "Give memory that is kept between calls to the operating system; return its bytes.");
}

}  // namespace mainspring::bind

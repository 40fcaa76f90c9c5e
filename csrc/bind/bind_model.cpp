#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace mainspring::bind {

void register_model(py::module_& module) { (void)module; }

}  // namespace mainspring::bind

// How the engine was built, and what it chose on this machine.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/thread_pool.hpp"
#include "runtime/core/kernels.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

std::string compiler_name() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

/// Names of the levels that this CPU can run, lowest first.
std::vector<std::string> isa_levels() {
  std::vector<std::string> names;
  const auto best = static_cast<uint8_t>(detect_isa());
  for (uint8_t level = 0; level <= best; ++level) {
    names.emplace_back(kernels_for(static_cast<IsaLevel>(level))->name);
  }
  return names;
}

py::dict build_info() {
  py::dict info;
  info["version"] = MAINSPRING_VERSION;
  info["compiler"] = compiler_name();
  info["build_type"] = MAINSPRING_BUILD_TYPE;
  info["isa"] = process_kernels().name;
  info["isa_levels"] = isa_levels();
  info["num_threads"] = num_threads();
  return info;
}

}  // namespace

void register_build(py::module_& module) { module.def("build_info", &build_info); }

}  // namespace mainspring::bind

// How the engine was built, what it chose on this machine, and the first GPU kernel.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "host/bundle_image.hpp"
#include "host/cuda_kernels.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "runtime/core/kernels.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

#ifdef MAINSPRING_HAS_CUDA
constexpr bool kCudaCompiled = true;
std::string cuda_problem() {
  const char* problem = cuda_device_problem();
  return problem == nullptr ? "" : "no CUDA device: " + std::string(problem);
}
#else
constexpr bool kCudaCompiled = false;
std::string cuda_problem() {
  return "compiled without CUDA: pip install . -C cmake.define.MAINSPRING_CUDA=ON";
}
const char* cuda_affine(const double*, double*, uint64_t, double, double) noexcept {
  return nullptr;  // not reached: cuda_problem() is never empty here
}
#endif

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
  const std::string problem = cuda_problem();
  py::dict cuda;
  cuda["compiled"] = kCudaCompiled;
  cuda["available"] = problem.empty();
  cuda["message"] = problem;
  py::dict info;
  info["version"] = MAINSPRING_VERSION;
  info["compiler"] = compiler_name();
  info["build_type"] = MAINSPRING_BUILD_TYPE;
  info["isa"] = process_kernels().name;
  info["isa_levels"] = isa_levels();
  info["cuda"] = cuda;
  info["num_threads"] = num_threads();
  return info;
}

void affine_on_gpu(const py::object& in, const py::object& out, double center, double scale) {
  const std::string problem = cuda_problem();
  if (!problem.empty()) {
    throw Error(ErrorKind::kUnsupported, "Cannot run on a GPU: " + problem + ".");
  }
  const BufferView from(in.ptr(), 'd', false, "The input");
  const BufferView to(out.ptr(), 'd', true, "The output");
  if (from.count() != to.count()) {
    throw Error(ErrorKind::kParameter, "The output has " + std::to_string(to.count()) +
                                           " values, expected " + std::to_string(from.count()) +
                                           ", as many as the input.");
  }
  const char* failure = nullptr;
  {
    const py::gil_scoped_release released;
    failure = cuda_affine(from.data<double>(), to.data<double>(), from.count(), center, scale);
  }
  if (failure != nullptr) {
    throw Error(ErrorKind::kUnsupported, "The GPU failed: " + std::string(failure) + ".");
  }
}

}  // namespace

void register_build(py::module_& module) {
  module.def("build_info", &build_info);
  module.def("cuda_affine", &affine_on_gpu);
}

}  // namespace mainspring::bind

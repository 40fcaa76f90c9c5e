// Numbers and ids of a table for training, into arrays of the caller.
#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "host/columns_of_plan.hpp"
#include "host/error.hpp"
#include "host/plan_features.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

void check_room(const BufferView& out, uint64_t expected, const char* name) {
  if (out.count() == expected) return;
  throw Error(ErrorKind::kParameter, std::string(name) + " has " + std::to_string(out.count()) +
                                         " elements, expected " + std::to_string(expected) + ".")
      .expected(std::to_string(expected) + " elements")
      .got(std::to_string(out.count()));
}

void transform_tensors(const py::object& bundle, const Table& table, const py::object& dense,
                       const py::object& ids) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const PlanView& plan = image->view().plan;
  uint64_t num_ids = 0;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t) {
    num_ids += output.kind == static_cast<uint8_t>(FeatureKind::kId) ? 1 : 0;
  });
  const BufferView numbers(dense.ptr(), 'f', true, "dense");
  const BufferView integers(ids.ptr(), 'i', true, "ids");
  check_room(numbers, table.num_rows() * (plan.num_features - num_ids), "dense");
  check_room(integers, table.num_rows() * num_ids, "ids");
  const py::gil_scoped_release unlocked;
  transform_to_tensors(*image, table, numbers.data<float>(), integers.data<int32_t>());
}

}  // namespace

void register_tensors(py::module_& module) {
  module.def("transform_tensors", &transform_tensors, py::arg("bundle"), py::arg("table"),
             py::arg("dense"), py::arg("ids"),
             "Fill dense, float32 (rows, numbers), and ids, int32 (rows, ids).");
}

}  // namespace mainspring::bind

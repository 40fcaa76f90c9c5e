// What a bundle holds, as plain Python objects: for `inspect` and for error messages.
#pragma once
#include <pybind11/pybind11.h>

#include "host/bundle_image.hpp"

namespace mainspring::bind {

/// Names of all steps, in the order of their codes.
pybind11::list step_names();
pybind11::list describe_inputs(const PlanView& plan);
/// One dict a step: name, the slots it reads and writes, numbers, integers, bytes of data; the
/// column of a load and the feature of a store by name.
pybind11::list describe_steps(const PlanView& plan);

}  // namespace mainspring::bind

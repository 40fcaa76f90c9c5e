// What a bundle holds, as plain Python objects: for `inspect` and for error messages.
#pragma once
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "host/bundle_image.hpp"

namespace mainspring::bind {

/// Names of all steps, in the order of their codes.
pybind11::list step_names();
pybind11::list describe_inputs(const PlanView& plan);
/// One dict a step: name, the slots it reads and writes, numbers, integers, bytes of data; the
/// column of a load and the feature of a store by name.
pybind11::list describe_steps(const PlanView& plan);

/// Of every feature, in their order.
std::vector<std::string> feature_names(const PlanView& plan);
std::vector<std::string> feature_kinds(const PlanView& plan);
/// Numbers of the features that are unordered ids.
std::vector<uint32_t> categorical_indices(const PlanView& plan);
/// Of the features that are ids.
std::vector<uint32_t> cardinalities(const PlanView& plan);
/// Name and number of ids of each list.
pybind11::list describe_lists(const PlanView& plan);
/// Names of the features that a forest has ranks in place of, by how: "folded" and "coded", and
/// from how many rows on each.
pybind11::dict describe_ranked(const BundleImage& bundle);

}  // namespace mainspring::bind

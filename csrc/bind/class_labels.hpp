// Labels of classes as Python objects, both ways.
#pragma once
#include <pybind11/pybind11.h>

#include "fit/importers/class_labels.hpp"
#include "runtime/bundle/labels.hpp"

namespace mainspring::bind {

/// All bool, all int (64 bits), all float or all str; else Error(kParameter).
ClassLabels read_class_labels(const pybind11::list& labels);

/// A bool, int, float or str.
pybind11::object label_object(const LabelsView& labels, uint32_t number);

/// None where the bundle has no labels.
pybind11::object label_list(const LabelsView& labels);

}  // namespace mainspring::bind

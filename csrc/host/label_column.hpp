// Labels of classes as one column: what a classifier's predict gives to tools that speak Arrow.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "host/arrow_columns.hpp"
#include "runtime/bundle/labels.hpp"

namespace mainspring {

/// The label of every number: int64, float64, bool or large_utf8, as the labels are. Never null.
ArrowColumns label_column(const LabelsView& labels, const std::string& name,
                          std::span<const double> numbers);

}  // namespace mainspring

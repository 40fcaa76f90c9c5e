// All operators there are, in the order of the documentation.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "fit/transforms/transform.hpp"

namespace mainspring {

std::span<const Transform* const> transform_list();

/// Throws Error(kParameter) with the nearest name when there is none, and what the operator's own
/// check() throws.
std::shared_ptr<const Operator> bind_operator(std::string_view name, const NamedParams& params);

}  // namespace mainspring

// Names inside error messages: short lists, and the name that was probably meant.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace mainspring {

/// "'a', 'b', 'c'"; after five names "and 12 more".
std::string list_names(std::span<const std::string> names);

/// Up to three of `candidates` that a typing error or another case away from `name` could be,
/// closest first: "Did you mean 'origin'?", or "" when none is close.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace mainspring

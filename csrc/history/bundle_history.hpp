// The section HIST of a bundle: plans of history features beside the plan that reads their columns.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/bundle/format.hpp"

namespace mainspring {

/// Not required: a reader that does not know it predicts from tables that have the columns.
inline constexpr uint32_t kSectionHistory = section_type('H', 'I', 'S', 'T');

/// The bundle with the section behind its others. `bundle` has been opened, so it is whole, and has
/// no such section yet.
std::vector<uint8_t> add_history(std::span<const uint8_t> bundle, std::span<const uint8_t> section);

/// The section's bytes in a bundle that has been opened; empty: there is none.
std::span<const uint8_t> history_of(std::span<const uint8_t> bundle);

}  // namespace mainspring

// In how many passes over the data an expression learns, and what in which. docs/concepts/plan.md
// says the same in words.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "fit/transforms/transform.hpp"

namespace mainspring {

/// The operators of a chain that learn in the same pass.
struct Round {
  size_t operator_index;
  /// A second one that learns behind a fill, from the rows that are not missing; the filled rows,
  /// all alike, are added in closed form once the fill's value is known.
  std::optional<size_t> behind_fill;
};

std::vector<Round> rounds_of(const std::vector<std::shared_ptr<const Operator>>& operators);

}  // namespace mainspring

// The form of a forest of small trees for single rows (runtime/models/forest/quick.hpp).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

struct QuickForm {
  uint32_t num_steps = 0;
  uint32_t num_trees = 0;
  std::vector<uint16_t> rows, ranks;
  std::vector<uint32_t> masks;
  std::vector<double> leaves;
};

/// `conditions` are those of all nodes, without sets. Empty where some tree has too many leaves.
QuickForm make_quick_form(const ForestView& forest, std::span<const SlicedCondition> conditions);

}  // namespace mainspring

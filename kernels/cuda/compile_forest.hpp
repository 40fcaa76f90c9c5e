// A forest of a bundle's MODEL section to the arrays that a GPU walks.
#pragma once
#include <vector>

#include "device_forest.hpp"
#include "runtime/models/forest/forest.hpp"

namespace mainspring::gpu {

struct CompiledForest {
  std::vector<DeviceTree> trees;
  std::vector<DeviceNode> nodes;
  std::vector<double> leaves;
  std::vector<DeviceSlot> slots;
  std::vector<double> thresholds;
  std::vector<DeviceSet> sets;
};

/// Throws GpuError where ranks, slots or sets are more than 16 bits number.
CompiledForest compile_forest(const ForestView& forest);

}  // namespace mainspring::gpu

// A bundle's plan to the steps that a GPU runs.
#pragma once
#include <vector>

#include "device_plan.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring::gpu {

struct CompiledPlan {
  std::vector<DeviceStep> steps;
  std::vector<DeviceChunk> chunks;
};

/// Steps in the order in which features need them, so that few values live at one time. Pointers
/// into DATA count from `device_data`, where a copy of it lies on the device. Throws GpuError with
/// the name of a step that a GPU does not have, and where more values live than a row has words.
CompiledPlan compile_plan(const PlanView& plan, const uint8_t* device_data);

}  // namespace mainspring::gpu

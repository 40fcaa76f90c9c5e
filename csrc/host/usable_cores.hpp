// How many cores this process may really use: what the machine has is not what a container gets.
#pragma once
#include <cstdint>
#include <string>

namespace mainspring {

/// Cores of the scheduler's affinity mask, cut by the CPU quota of the cgroup (version 1 or 2) and
/// of all its parents, rounded up; at least 1. `root` stands before /proc and /sys, for tests.
uint32_t usable_cores(const std::string& root = "");

/// The quota alone, in cores rounded up; 0 where there is none.
uint32_t cgroup_cores(const std::string& root = "");

}  // namespace mainspring

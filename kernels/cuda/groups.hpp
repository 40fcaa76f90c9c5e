// Rows of a column grouped by what they hold, and codes counted, for drift of strings and booleans
// and for windows.
#pragma once
#include <memory>
#include <vector>

#include "gpu_error.hpp"

namespace mainspring::gpu {

/// What a caller sees points into what is behind it.
struct Groups : ms_gpu_groups {
  std::vector<uint64_t> all_counts;
  std::vector<uint8_t> all_present;
  std::vector<int64_t> all_values;
  std::vector<uint64_t> all_offsets;
  std::vector<uint8_t> all_bytes;
  DeviceMemory sorted;
};

/// As mainspring_gpu.h says of each. Both wait, and throw GpuError.
std::unique_ptr<Groups> group_rows(int device, const ms_gpu_numbers& column,
                                   const ms_gpu_grouping& grouping, Stream stream);
std::unique_ptr<Groups> count_codes(int device, const ms_gpu_numbers& column, Stream stream);

}  // namespace mainspring::gpu

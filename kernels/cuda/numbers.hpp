// Columns of numbers counted, listed, sampled and sorted on a device, for a drift report.
#pragma once
#include "gpu_error.hpp"

namespace mainspring::gpu {

struct SortedRuns {
  DeviceMemory keys;
  DeviceMemory counts;
  uint64_t num_runs = 0;
};

/// As mainspring_gpu.h says of each. All wait, and throw GpuError.
void count_numbers(int device, const ms_gpu_numbers& numbers, uint64_t* bins, uint64_t* nans,
                   double* extremes, Stream stream);
void list_numbers(int device, const ms_gpu_numbers& numbers, uint64_t num_listed, double* values,
                  Stream stream);
void gather_numbers(int device, const ms_gpu_numbers& numbers, const uint64_t* rows,
                    uint64_t num_wanted, double* values, Stream stream);
SortedRuns sort_numbers(int device, const ms_gpu_numbers& numbers, Stream stream);

}  // namespace mainspring::gpu

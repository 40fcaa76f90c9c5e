// What the launcher asks of the CUDA runtime, as a table of functions: cuda_calls.cu has the real
// ones, tests/gpu a table over host memory with faults on demand. No CUDA header is needed here.
#pragma once
#include <cstdint>

#include "launches.hpp"

namespace mainspring::gpu {

/// Functions return 0, or a number that describe() puts in words. The current device is the calling
/// thread's.
struct DeviceCalls {
  int (*count_devices)(int* count);
  const char* (*describe)(int failure);
  int (*get_device)(int* device);
  int (*set_device)(int device);
  /// The failure of the last launch, or an earlier one that spoilt the device; forgets it if it
  /// can.
  int (*take_failure)();
  int (*allocate)(void** memory, uint64_t num_bytes, Stream stream);
  int (*release)(void* memory, Stream stream);
  int (*allocate_pinned)(void** memory, uint64_t num_bytes);
  int (*release_pinned)(void* memory);
  int (*new_stream)(Stream* stream);
  int (*release_stream)(Stream stream);
  int (*free_bytes)(uint64_t* free, uint64_t* total);
  int (*copy_in)(void* to, const void* from, uint64_t num_bytes, Stream stream);
  int (*copy_out)(void* to, const void* from, uint64_t num_bytes, Stream stream);
  int (*finish)(Stream stream);
  int (*wait_event)(void* event, Stream stream);
  /// The device whose memory it is, or kHostMemory; memory that every device reaches is of
  /// `device`.
  int (*find_place)(const void* memory, int device, int* place);
  bool (*is_out_of_memory)(int failure);
};

inline constexpr int kHostMemory = -1;

const DeviceCalls& device_calls();

}  // namespace mainspring::gpu

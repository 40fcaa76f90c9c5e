// Sorting of keys and the runs of equal ones, by CUB.
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_run_length_encode.cuh>

#include "sort_keys.hpp"

namespace mainspring::gpu {

int sort_keys(void* scratch, uint64_t* scratch_bytes, const uint64_t* keys, uint64_t* sorted,
              uint64_t num_keys, uint32_t first_bit, Stream stream) {
  size_t num_bytes = *scratch_bytes;
  const cudaError_t error = cub::DeviceRadixSort::SortKeys(scratch, num_bytes, keys, sorted,
                                                           num_keys, static_cast<int>(first_bit),
                                                           64, static_cast<cudaStream_t>(stream));
  *scratch_bytes = num_bytes;
  return error;
}

int encode_runs(void* scratch, uint64_t* scratch_bytes, const uint64_t* sorted, uint64_t* values,
                uint64_t* counts, uint64_t* num_runs, uint64_t num_keys, Stream stream) {
  size_t num_bytes = *scratch_bytes;
  const cudaError_t error = cub::DeviceRunLengthEncode::Encode(
      scratch, num_bytes, sorted, values, counts, num_runs, static_cast<int64_t>(num_keys),
      static_cast<cudaStream_t>(stream));
  *scratch_bytes = num_bytes;
  return error;
}

}  // namespace mainspring::gpu

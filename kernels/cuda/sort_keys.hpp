// Sorting on the device: CUB's, and in tests that of the standard library. Both functions are
// called twice: without scratch memory they say in *scratch_bytes how much they need.
#pragma once
#include <cstdint>

#include "launches.hpp"

namespace mainspring::gpu {

/// Ascending by the bits from `first_bit` on, else in the order they came in. Returns 0, or the
/// runtime's failure.
int sort_keys(void* scratch, uint64_t* scratch_bytes, const uint64_t* keys, uint64_t* sorted,
              uint64_t num_keys, uint32_t first_bit, Stream stream);

/// Distinct keys of sorted ones, how often each is there, and how many they are.
int encode_runs(void* scratch, uint64_t* scratch_bytes, const uint64_t* sorted, uint64_t* values,
                uint64_t* counts, uint64_t* num_runs, uint64_t num_keys, Stream stream);

}  // namespace mainspring::gpu

// The engine's own arithmetic and hashes, compiled for the GPU: every .cu file and every emulation
// begins with this header. The forms are those that the CPU's kernels include; nothing here is
// written twice.
#pragma once
#include <cstdint>

#include "runtime/steps/date_part.hpp"
#include "runtime/steps/time_units.hpp"

// A function for both kinds of processor. Any other compiler than nvcc sees plain C++: tests/gpu
// runs the kernels' bodies on the CPU.
#if defined(__CUDACC__)
#define MAINSPRING_BOTH __host__ __device__
// The shared files say `inline` of each function, and nothing of where it runs.
#define inline MAINSPRING_BOTH inline
#else
#define MAINSPRING_BOTH
#endif

#include "runtime/core/memory.hpp"
#include "runtime/core/wide_multiply.hpp"

namespace mainspring::gpu {

#include "runtime/core/hash_forms.inc"
#include "runtime/core/math_forms.inc"
#include "runtime/core/number_forms.inc"
#include "runtime/steps/date_forms.inc"

#if defined(__CUDACC__)
#undef inline
#endif

/// What hash.cpp and key_table.hpp say of integers, numbers and pairs.
MAINSPRING_BOTH inline uint64_t hash_integer(uint64_t value) {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}
MAINSPRING_BOTH inline uint64_t key_of_number(double value) {
  return __builtin_bit_cast(uint64_t, value == 0 ? 0.0 : value);
}
MAINSPRING_BOTH inline uint64_t hash_pair(uint64_t first, uint64_t second) {
  return fold(fold(first ^ kFirst, second ^ kSecond), kThird);
}
MAINSPRING_BOTH inline uint32_t bucket_of(uint64_t hash, uint32_t buckets) {
  return static_cast<uint32_t>(multiply_wide(hash, buckets).high);
}

}  // namespace mainspring::gpu

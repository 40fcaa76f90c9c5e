// What many threads add to, lower and raise: atomics on a device, plain memory in an emulation,
// where one thread runs at a time.
#pragma once
#include "shared_forms.hpp"

namespace mainspring::gpu {

#if defined(__CUDA_ARCH__)
MAINSPRING_BOTH inline void add_to(uint32_t* sum, uint32_t more) { atomicAdd(sum, more); }
MAINSPRING_BOTH inline uint64_t add_to(uint64_t* sum, uint64_t more) {
  return atomicAdd(reinterpret_cast<unsigned long long*>(sum), more);
}
MAINSPRING_BOTH inline void lower_to(uint64_t* least, uint64_t value) {
  atomicMin(reinterpret_cast<unsigned long long*>(least), value);
}
MAINSPRING_BOTH inline void raise_to(uint64_t* most, uint64_t value) {
  atomicMax(reinterpret_cast<unsigned long long*>(most), value);
}
#else
MAINSPRING_BOTH inline void add_to(uint32_t* sum, uint32_t more) { *sum += more; }
MAINSPRING_BOTH inline uint64_t add_to(uint64_t* sum, uint64_t more) {
  const uint64_t before = *sum;
  *sum += more;
  return before;
}
MAINSPRING_BOTH inline void lower_to(uint64_t* least, uint64_t value) {
  *least = value < *least ? value : *least;
}
MAINSPRING_BOTH inline void raise_to(uint64_t* most, uint64_t value) {
  *most = value > *most ? value : *most;
}
#endif

}  // namespace mainspring::gpu

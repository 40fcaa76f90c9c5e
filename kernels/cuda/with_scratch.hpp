// Work that says first how much scratch memory it needs, as CUB's does.
#pragma once
#include <algorithm>

#include "gpu_error.hpp"

namespace mainspring::gpu {

/// Calls work(nullptr, &num_bytes), then work(scratch, &num_bytes). Throws what either reports.
template <class Work>
void with_scratch(const char* what, Stream stream, Work work) {
  uint64_t num_bytes = 0;
  check_call(work(nullptr, &num_bytes), what);
  const DeviceMemory scratch(std::max<uint64_t>(num_bytes, 1), stream);
  check_call(work(scratch.as<void>(), &num_bytes), what);
  check_launch(what);
}

}  // namespace mainspring::gpu

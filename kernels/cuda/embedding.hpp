// The backward pass of a lookup in embedding tables, put on a stream.
#pragma once
#include "gpu_error.hpp"

namespace mainspring::gpu {

/// As mainspring_gpu.h says. Throws GpuError.
void lookup_backward(int device, const ms_gpu_lookup& lookup, const float* grad,
                     float* weight_gradients, const ms_gpu_rule& rule, uint32_t* fault,
                     uint64_t* place, Stream stream);

}  // namespace mainspring::gpu

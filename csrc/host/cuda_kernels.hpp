// The host side of kernels/cuda in plain types, so that no CUDA header leaves that folder. Defined
// only in builds with MAINSPRING_CUDA=ON.
#pragma once
#include <cstdint>

namespace mainspring {

/// Why no CUDA device can be used here, in the driver's words; null when one can.
const char* cuda_device_problem() noexcept;

/// out[i] = (in[i] - center) / scale on the device, with the bits of Kernels::affine. Both arrays
/// lie in host memory and may be the same. Null, or what went wrong in the driver's words.
const char* cuda_affine(const double* in, double* out, uint64_t num_values, double center,
                        double scale) noexcept;

}  // namespace mainspring

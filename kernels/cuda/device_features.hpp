// Features of rows as a model on a device reads them.
#pragma once
#include <cstdint>

namespace mainspring::gpu {

/// Features in device memory, row by row or column by column; one of the two pointers is set.
struct DeviceFeatures {
  const float* narrow;
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
};

}  // namespace mainspring::gpu

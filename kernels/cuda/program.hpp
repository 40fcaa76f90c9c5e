// A bundle on one device: what ms_gpu_open makes and calls run.
#pragma once
#include <memory>
#include <vector>

#include "compile_plan.hpp"
#include "gpu_error.hpp"
#include "runtime/bundle/read_bundle.hpp"

namespace mainspring::gpu {

class Program {
 public:
  /// Copies the bundle, verifies it, and puts its tables on the device. Throws GpuError.
  Program(const uint8_t* bundle, uint64_t num_bytes, int device);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void transform(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows, float* out,
                 uint64_t row_stride, Stream stream) const;

 private:
  struct FreeBytes {
    void operator()(uint8_t* bytes) const;
  };

  int device_;
  std::unique_ptr<uint8_t, FreeBytes> bytes_;  // aligned to 64, as a bundle is read
  BundleView view_{};
  DeviceMemory data_, steps_, chunks_;
  uint32_t num_chunks_ = 0;
};

}  // namespace mainspring::gpu

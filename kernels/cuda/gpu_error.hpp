// What the launcher throws, and how a failure of the runtime becomes a sentence. Nothing leaves the
// C interface but a code and the words.
#pragma once
#include <exception>
#include <string>

#include "device_calls.hpp"
#include "mainspring_gpu.h"

namespace mainspring::gpu {

class GpuError : public std::exception {
 public:
  GpuError(ms_gpu_code code, std::string text) : code_(code), text_(std::move(text)) {}
  ms_gpu_code code() const noexcept { return code_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ms_gpu_code code_;
  std::string text_;
};

/// Throws where `failure` is not 0: "WHAT failed: words of the driver", and the kernel that was
/// launched last, whose fault a failure found later often is.
void check_call(int failure, const std::string& what);

/// After a launch: throws with the kernel's name. Its work goes on; what fails later is reported by
/// the next call.
void check_launch(const char* kernel);

/// Before anything is put on the device: a device that an earlier kernel has spoilt is no good to
/// anybody.
void check_device_is_sound();

/// "1.5 GiB", "12 bytes".
std::string bytes_in_words(uint64_t num_bytes);

/// Makes a device current for as long as it lives; throws where there is no such device.
class OnDevice {
 public:
  explicit OnDevice(int device);
  ~OnDevice();
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int before_ = 0;
};

/// Memory of the current device, given back in the order of the stream.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(uint64_t num_bytes, Stream stream);
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept;
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  void* release() noexcept;

 private:
  void* data_ = nullptr;
  Stream stream_ = nullptr;
};

/// Memory of the current device with a copy of host memory in it.
DeviceMemory copy_to_device(const void* values, uint64_t num_bytes, Stream stream);

/// Rows beyond these blocks wait for the ones before: every device is long full.
inline constexpr uint64_t kMaxBlocks = 1u << 16;

/// Blocks of kForestRows threads, a thread a row.
constexpr uint32_t blocks_for(uint64_t num_rows) {
  const uint64_t num_blocks = (num_rows + kForestRows - 1) / kForestRows;
  return static_cast<uint32_t>(num_blocks < kMaxBlocks ? num_blocks : kMaxBlocks);
}

}  // namespace mainspring::gpu

// Failures of the runtime in words, and the memory and the current device that calls hold.
#include "gpu_error.hpp"

#include <atomic>
#include <cstdio>
#include <utility>

namespace mainspring::gpu {

namespace {

// Kernels' names are literals. The last one of the process is the best guess at who spoilt a
// device.
std::atomic<const char*> last_kernel{nullptr};

std::string after_which_kernel() {
  const char* kernel = last_kernel.load();
  return kernel == nullptr ? "" : " The last kernel launched was '" + std::string(kernel) + "'.";
}

std::string words_of(int failure) { return device_calls().describe(failure); }

}  // namespace

void check_call(int failure, const std::string& what) {
  if (failure == 0) return;
  throw GpuError(MS_GPU_DEVICE_FAILED,
                 what + " failed: " + words_of(failure) + "." + after_which_kernel());
}

void check_launch(const char* kernel) {
  last_kernel.store(kernel);
  const int failure = device_calls().take_failure();
  if (failure == 0) return;
  throw GpuError(MS_GPU_DEVICE_FAILED,
                 "Kernel '" + std::string(kernel) + "' failed: " + words_of(failure) + ".");
}

void check_device_is_sound() {
  const int failure = device_calls().take_failure();
  if (failure == 0) return;
  throw GpuError(MS_GPU_DEVICE_FAILED,
                 "The device reports an earlier failure: " + words_of(failure) + "." +
                     after_which_kernel() +
                     " If it says so again, nothing runs on the device until the process ends.");
}

std::string bytes_in_words(uint64_t num_bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(num_bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < sizeof(kUnits) / sizeof(kUnits[0]); ++unit) amount /= 1024;
  char text[40];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", amount, kUnits[unit]);
  return text;
}

OnDevice::OnDevice(int device) {
  int count = 0;
  const int failure = device_calls().count_devices(&count);
  if (failure != 0) {
    throw GpuError(MS_GPU_NO_DEVICE, "There is no CUDA device: " + words_of(failure) + ".");
  }
  if (device < 0 || device >= count) {
    throw GpuError(MS_GPU_NO_DEVICE, "There is no CUDA device " + std::to_string(device) +
                                         "; this machine has " + std::to_string(count) + ".");
  }
  check_call(device_calls().get_device(&before_), "Asking for the current device");
  check_call(device_calls().set_device(device), "Choosing device " + std::to_string(device));
}

OnDevice::~OnDevice() { (void)device_calls().set_device(before_); }

DeviceMemory::DeviceMemory(uint64_t num_bytes, Stream stream) : stream_(stream) {
  if (num_bytes == 0) return;
  const int failure = device_calls().allocate(&data_, num_bytes, stream);
  if (failure == 0) return;
  data_ = nullptr;
  if (!device_calls().is_out_of_memory(failure)) check_call(failure, "Asking for device memory");
  uint64_t free = 0, total = 0;
  (void)device_calls().free_bytes(&free, &total);
  throw GpuError(
      MS_GPU_OUT_OF_MEMORY,
      "The device has no " + bytes_in_words(num_bytes) +
          " of memory left: " + bytes_in_words(free) + " of " + bytes_in_words(total) +
          " are free. Take fewer rows at a time, or give back what other libraries hold.");
}

DeviceMemory::~DeviceMemory() {
  if (data_ != nullptr) (void)device_calls().release(data_, stream_);
}

DeviceMemory::DeviceMemory(DeviceMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), stream_(other.stream_) {}

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(stream_, other.stream_);
  return *this;
}

void* DeviceMemory::release() noexcept { return std::exchange(data_, nullptr); }

DeviceMemory copy_to_device(const void* values, uint64_t num_bytes, Stream stream) {
  DeviceMemory memory(num_bytes, stream);
  if (num_bytes != 0) {
    check_call(device_calls().copy_in(memory.as<void>(), values, num_bytes, stream),
               "Copying to the device");
  }
  return memory;
}

}  // namespace mainspring::gpu

// (x - center) / scale over a float64 column on the GPU: the first CUDA kernel, with the bits of
// the CPU. Subtraction and division are the correctly rounded instructions by name, so that no
// compiler flag can fuse or approximate them.
#include <cuda_runtime_api.h>

#include "host/cuda_kernels.hpp"

namespace mainspring {

namespace {

constexpr unsigned kThreads = 256;
constexpr uint64_t kMaxBlocks = 4096;

__global__ void affine_kernel(const double* in, double* out, uint64_t num_values, double center,
                              double scale) {
  const uint64_t stride = static_cast<uint64_t>(gridDim.x) * blockDim.x;
  for (uint64_t i = static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < num_values;
       i += stride) {
    const double value = __ddiv_rn(__dsub_rn(in[i], center), scale);
    out[i] = value == value ? value : __longlong_as_double(0x7FF8000000000000ll);
  }
}

/// Device memory for the length of a call.
class DeviceColumn {
 public:
  explicit DeviceColumn(uint64_t num_values)
      : error_(cudaMalloc(&data_, num_values * sizeof(double))) {}
  ~DeviceColumn() {
    if (error_ == cudaSuccess) cudaFree(data_);
  }
  DeviceColumn(const DeviceColumn&) = delete;
  DeviceColumn& operator=(const DeviceColumn&) = delete;

  cudaError_t error() const { return error_; }
  double* data() const { return static_cast<double*>(data_); }

 private:
  void* data_ = nullptr;
  cudaError_t error_;
};

cudaError_t run_affine(const double* in, double* out, uint64_t num_values, double center,
                       double scale) {
  const uint64_t num_bytes = num_values * sizeof(double);
  const DeviceColumn column(num_values);
  if (column.error() != cudaSuccess) return column.error();
  cudaError_t error = cudaMemcpy(column.data(), in, num_bytes, cudaMemcpyHostToDevice);
  if (error != cudaSuccess) return error;
  const uint64_t wanted = (num_values + kThreads - 1) / kThreads;
  const unsigned blocks = static_cast<unsigned>(wanted < kMaxBlocks ? wanted : kMaxBlocks);
  affine_kernel<<<blocks, kThreads>>>(column.data(), column.data(), num_values, center, scale);
  error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  return cudaMemcpy(out, column.data(), num_bytes, cudaMemcpyDeviceToHost);
}

}  // namespace

const char* cuda_device_problem() noexcept {
  int num_devices = 0;
  cudaError_t error = cudaGetDeviceCount(&num_devices);
  if (error == cudaSuccess && num_devices == 0) error = cudaErrorNoDevice;
  if (error == cudaSuccess) return nullptr;
  (void)cudaGetLastError();  // or the next call would report it again
  return cudaGetErrorString(error);
}

const char* cuda_affine(const double* in, double* out, uint64_t num_values, double center,
                        double scale) noexcept {
  if (const char* problem = cuda_device_problem()) return problem;
  if (num_values == 0) return nullptr;
  const cudaError_t error = run_affine(in, out, num_values, center, scale);
  if (error == cudaSuccess) return nullptr;
  (void)cudaGetLastError();
  return cudaGetErrorString(error);
}

}  // namespace mainspring

// The CUDA runtime behind the launcher's table of calls. It is linked statically, so the library
// loads on machines that have neither a GPU nor a driver.
#include <cuda_runtime_api.h>

#include "device_calls.hpp"

namespace mainspring::gpu {

namespace {

cudaStream_t cuda_stream(Stream stream) { return static_cast<cudaStream_t>(stream); }

int count_devices(int* count) {
  const cudaError_t error = cudaGetDeviceCount(count);
  if (error == cudaSuccess && *count == 0) return cudaErrorNoDevice;
  if (error != cudaSuccess) {
    *count = 0;
    (void)cudaGetLastError();  // or the next call would report it again
  }
  return error;
}
const char* describe(int failure) { return cudaGetErrorString(static_cast<cudaError_t>(failure)); }
int get_device(int* device) { return cudaGetDevice(device); }
int set_device(int device) { return cudaSetDevice(device); }
int take_failure() { return cudaGetLastError(); }
int allocate(void** memory, uint64_t num_bytes, Stream stream) {
  const cudaError_t error = cudaMallocAsync(memory, num_bytes, cuda_stream(stream));
  if (error != cudaSuccess) (void)cudaGetLastError();
  return error;
}
int release(void* memory, Stream stream) { return cudaFreeAsync(memory, cuda_stream(stream)); }
int allocate_pinned(void** memory, uint64_t num_bytes) {
  const cudaError_t error = cudaMallocHost(memory, num_bytes);
  if (error != cudaSuccess) (void)cudaGetLastError();
  return error;
}
int release_pinned(void* memory) { return cudaFreeHost(memory); }
int new_stream(Stream* stream) {
  // One that does not wait for the default stream.
  return cudaStreamCreateWithFlags(reinterpret_cast<cudaStream_t*>(stream), cudaStreamNonBlocking);
}
int release_stream(Stream stream) { return cudaStreamDestroy(cuda_stream(stream)); }
int free_bytes(uint64_t* free, uint64_t* total) {
  size_t free_size = 0, total_size = 0;
  const cudaError_t error = cudaMemGetInfo(&free_size, &total_size);
  *free = free_size;
  *total = total_size;
  return error;
}
int copy_in(void* to, const void* from, uint64_t num_bytes, Stream stream) {
  return cudaMemcpyAsync(to, from, num_bytes, cudaMemcpyHostToDevice, cuda_stream(stream));
}
int copy_out(void* to, const void* from, uint64_t num_bytes, Stream stream) {
  const cudaError_t error =
      cudaMemcpyAsync(to, from, num_bytes, cudaMemcpyDeviceToHost, cuda_stream(stream));
  return error != cudaSuccess ? error : cudaStreamSynchronize(cuda_stream(stream));
}
int finish(Stream stream) { return cudaStreamSynchronize(cuda_stream(stream)); }
int wait_event(void* event, Stream stream) {
  return cudaStreamWaitEvent(cuda_stream(stream), static_cast<cudaEvent_t>(event), 0);
}
int find_place(const void* memory, int device, int* place) {
  cudaPointerAttributes attributes{};
  const cudaError_t error = cudaPointerGetAttributes(&attributes, memory);
  if (error != cudaSuccess) return error;
  *place = kHostMemory;
  if (attributes.type == cudaMemoryTypeManaged) *place = device;
  if (attributes.type == cudaMemoryTypeDevice) *place = attributes.device;
  return cudaSuccess;
}
bool is_out_of_memory(int failure) { return failure == cudaErrorMemoryAllocation; }

constexpr DeviceCalls kCalls{
    count_devices, describe,        get_device,     set_device, take_failure,   allocate,
    release,       allocate_pinned, release_pinned, new_stream, release_stream, free_bytes,
    copy_in,       copy_out,        finish,         wait_event, find_place,     is_out_of_memory};

}  // namespace

const DeviceCalls& device_calls() { return kCalls; }

}  // namespace mainspring::gpu

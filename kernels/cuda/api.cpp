// The C interface: exceptions end here, as a code and words.
#include <new>
#include <string>

#include "embedding.hpp"
#include "gpu_error.hpp"
#include "groups.hpp"
#include "mainspring_gpu.h"
#include "numbers.hpp"
#include "program.hpp"

#define MS_GPU_EXPORT __attribute__((visibility("default")))

namespace {

using namespace mainspring::gpu;

thread_local std::string last_error;

template <class Work>
int guarded(Work work) noexcept {
  try {
    work();
    return MS_GPU_OK;
  } catch (const GpuError& error) {
    last_error = error.what();
    return error.code();
  } catch (const std::bad_alloc&) {
    last_error = "There is no host memory left.";
    return MS_GPU_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    last_error = error.what();
    return MS_GPU_DEVICE_FAILED;
  }
}

Program* program_of(ms_gpu_program* program) { return reinterpret_cast<Program*>(program); }

}  // namespace

extern "C" {

MS_GPU_EXPORT uint32_t ms_gpu_abi_version(void) { return MS_GPU_ABI_VERSION; }

MS_GPU_EXPORT const char* ms_gpu_last_error(void) { return last_error.c_str(); }

MS_GPU_EXPORT int ms_gpu_count_devices(int* count, const char** reason) {
  *count = 0;
  const int failure = device_calls().count_devices(count);
  if (reason != nullptr) *reason = failure == 0 ? "" : device_calls().describe(failure);
  return MS_GPU_OK;
}

MS_GPU_EXPORT int ms_gpu_open(const uint8_t* bundle, uint64_t num_bytes, int device,
                              ms_gpu_program** program) {
  return guarded([&] {
    *program = reinterpret_cast<ms_gpu_program*>(new Program(bundle, num_bytes, device));
  });
}

MS_GPU_EXPORT void ms_gpu_close(ms_gpu_program* program) { delete program_of(program); }

MS_GPU_EXPORT int ms_gpu_transform(ms_gpu_program* program, const ms_gpu_column* columns,
                                   uint32_t num_columns, uint64_t num_rows, float* out,
                                   uint64_t row_stride, void* stream) {
  return guarded([&] {
    program_of(program)->transform(columns, num_columns, num_rows, out, row_stride, stream);
  });
}

MS_GPU_EXPORT int ms_gpu_predict(ms_gpu_program* program, const ms_gpu_column* columns,
                                 uint32_t num_columns, uint64_t num_rows, uint32_t kind,
                                 double* out, void* stream) {
  return guarded(
      [&] { program_of(program)->predict(columns, num_columns, num_rows, kind, out, stream); });
}

MS_GPU_EXPORT int ms_gpu_predict_matrix(ms_gpu_program* program, const void* matrix, uint32_t type,
                                        uint64_t num_rows, int64_t row_stride,
                                        int64_t feature_stride, uint32_t kind, double* out,
                                        void* stream) {
  return guarded([&] {
    const bool is_narrow = type == static_cast<uint32_t>(DeviceType::kF32);
    if (!is_narrow && type != static_cast<uint32_t>(DeviceType::kF64)) {
      throw GpuError(MS_GPU_UNSUPPORTED, "A matrix is of float32 or float64. Cast it.");
    }
    const DeviceFeatures features{is_narrow ? static_cast<const float*>(matrix) : nullptr,
                                  is_narrow ? nullptr : static_cast<const double*>(matrix),
                                  row_stride, feature_stride};
    program_of(program)->predict_matrix(features, num_rows, kind, out, stream);
  });
}

MS_GPU_EXPORT int ms_gpu_forest_way(ms_gpu_program* program, uint32_t choose, uint32_t* way) {
  return guarded([&] {
    *way = static_cast<uint32_t>(program_of(program)->forest_way(static_cast<DeviceWay>(choose)));
  });
}

MS_GPU_EXPORT int ms_gpu_count_numbers(int device, const ms_gpu_numbers* numbers, uint64_t* bins,
                                       uint64_t* nans, double* extremes, void* stream) {
  return guarded([&] { count_numbers(device, *numbers, bins, nans, extremes, stream); });
}

MS_GPU_EXPORT int ms_gpu_list_numbers(int device, const ms_gpu_numbers* numbers,
                                      uint64_t num_listed, double* values, void* stream) {
  return guarded([&] { list_numbers(device, *numbers, num_listed, values, stream); });
}

MS_GPU_EXPORT int ms_gpu_gather_numbers(int device, const ms_gpu_numbers* numbers,
                                        const uint64_t* rows, uint64_t num_wanted, double* values,
                                        void* stream) {
  return guarded([&] { gather_numbers(device, *numbers, rows, num_wanted, values, stream); });
}

MS_GPU_EXPORT int ms_gpu_sort_numbers(int device, const ms_gpu_numbers* numbers, uint64_t** keys,
                                      uint64_t** counts, uint64_t* num_runs, void* stream) {
  return guarded([&] {
    SortedRuns runs = sort_numbers(device, *numbers, stream);
    *num_runs = runs.num_runs;
    *counts = static_cast<uint64_t*>(runs.counts.release());
    *keys = static_cast<uint64_t*>(runs.keys.release());
  });
}

MS_GPU_EXPORT int ms_gpu_group_rows(int device, const ms_gpu_numbers* column,
                                    const ms_gpu_grouping* grouping, ms_gpu_groups** groups,
                                    void* stream) {
  return guarded([&] { *groups = group_rows(device, *column, *grouping, stream).release(); });
}

MS_GPU_EXPORT int ms_gpu_count_codes(int device, const ms_gpu_numbers* column,
                                     ms_gpu_groups** groups, void* stream) {
  return guarded([&] { *groups = count_codes(device, *column, stream).release(); });
}

MS_GPU_EXPORT int ms_gpu_free_groups(int device, ms_gpu_groups* groups) {
  return guarded([&] {
    const OnDevice on_device(device);
    delete static_cast<Groups*>(groups);
  });
}

MS_GPU_EXPORT int ms_gpu_lookup_backward(int device, const ms_gpu_lookup* lookup, const float* grad,
                                         float* weight_gradients, const ms_gpu_rule* rule,
                                         uint32_t* fault, uint64_t* place, void* stream) {
  return guarded([&] {
    lookup_backward(device, *lookup, grad, weight_gradients, *rule, fault, place, stream);
  });
}

MS_GPU_EXPORT int ms_gpu_allocate(int device, uint64_t num_bytes, void* stream, void** memory) {
  return guarded([&] {
    const OnDevice on_device(device);
    *memory = DeviceMemory(num_bytes, stream).release();
  });
}

MS_GPU_EXPORT int ms_gpu_release(int device, void* memory, void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().release(memory, stream), "Giving back device memory");
  });
}

MS_GPU_EXPORT int ms_gpu_copy_in(int device, void* to, const void* from, uint64_t num_bytes,
                                 void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().copy_in(to, from, num_bytes, stream), "Copying to the device");
  });
}

MS_GPU_EXPORT int ms_gpu_copy_out(int device, void* to, const void* from, uint64_t num_bytes,
                                  void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().copy_out(to, from, num_bytes, stream), "Copying to the host");
  });
}

MS_GPU_EXPORT int ms_gpu_finish(int device, void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().finish(stream), "Waiting for the stream");
  });
}

MS_GPU_EXPORT int ms_gpu_allocate_pinned(int device, uint64_t num_bytes, void** memory) {
  return guarded([&] {
    const OnDevice on_device(device);
    const int failure = device_calls().allocate_pinned(memory, num_bytes);
    if (device_calls().is_out_of_memory(failure)) {
      throw GpuError(MS_GPU_OUT_OF_MEMORY, "The host has no " + bytes_in_words(num_bytes) +
                                               " of memory left that can be pinned.");
    }
    check_call(failure, "Asking for pinned memory");
  });
}

MS_GPU_EXPORT int ms_gpu_release_pinned(int device, void* memory) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().release_pinned(memory), "Giving back pinned memory");
  });
}

MS_GPU_EXPORT int ms_gpu_new_stream(int device, void** stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().new_stream(stream), "Making a stream");
  });
}

MS_GPU_EXPORT int ms_gpu_release_stream(int device, void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().release_stream(stream), "Giving back a stream");
  });
}

MS_GPU_EXPORT int ms_gpu_wait_event(int device, void* event, void* stream) {
  return guarded([&] {
    const OnDevice on_device(device);
    check_call(device_calls().wait_event(event, stream), "Waiting for the data's event");
  });
}

}  // extern "C"

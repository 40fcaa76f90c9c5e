// Opening a bundle for a device, and putting its work on a stream.
#include "program.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "check_memory.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring::gpu {

namespace {

// Rows beyond these blocks wait for the ones before: every device is long full.
constexpr uint64_t kMaxBlocks = 1u << 16;

template <class T>
DeviceMemory copy_of(const T* values, uint64_t count, Stream stream) {
  DeviceMemory memory(count * sizeof(T), stream);
  if (count != 0) {
    check_call(device_calls().copy_in(memory.as<T>(), values, count * sizeof(T), stream),
               "Copying to the device");
  }
  return memory;
}

void check_bundle(const Status& status) {
  if (status.ok()) return;
  throw GpuError(MS_GPU_BAD_BUNDLE,
                 std::string("The bundle cannot be read: ") + status_message(status.code));
}

}  // namespace

void Program::FreeBytes::operator()(uint8_t* bytes) const { std::free(bytes); }

Program::Program(const uint8_t* bundle, uint64_t num_bytes, int device) : device_(device) {
  const OnDevice on_device(device);
  check_device_is_sound();
  bytes_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, (num_bytes + 64) / 64 * 64)));
  if (bytes_ == nullptr) throw std::bad_alloc();
  if (num_bytes != 0) std::memcpy(bytes_.get(), bundle, num_bytes);
  check_bundle(read_bundle(bytes_.get(), num_bytes, &view_));
  const PlanView& plan = view_.plan;
  if (plan.wide) {
    throw GpuError(MS_GPU_UNSUPPORTED,
                   "The bundle holds a model without transforms; a GPU runs transforms.");
  }
  if (!gives_dense_rows(view_)) {
    throw GpuError(MS_GPU_UNSUPPORTED, "The bundle gives " + std::to_string(plan.num_features) +
                                           " features, more than dense rows have.");
  }
  data_ = copy_of(plan.data, plan.data_length, nullptr);
  const CompiledPlan compiled = compile_plan(plan, data_.as<uint8_t>());
  steps_ = copy_of(compiled.steps.data(), compiled.steps.size(), nullptr);
  chunks_ = copy_of(compiled.chunks.data(), compiled.chunks.size(), nullptr);
  num_chunks_ = static_cast<uint32_t>(compiled.chunks.size());
  check_call(device_calls().finish(nullptr), "Copying the bundle to the device");
}

Program::~Program() {
  int before = 0;  // memory is given back on the device that it came from
  const bool moved = device_calls().get_device(&before) == 0 && before != device_ &&
                     device_calls().set_device(device_) == 0;
  data_ = DeviceMemory();
  steps_ = DeviceMemory();
  chunks_ = DeviceMemory();
  if (moved) (void)device_calls().set_device(before);
}

void Program::transform(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows,
                        float* out, uint64_t row_stride, Stream stream) const {
  const PlanView& plan = view_.plan;
  if (num_columns != plan.num_inputs) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "There are " + std::to_string(num_columns) +
                                            " columns, expected " +
                                            std::to_string(plan.num_inputs) + ".");
  }
  if (row_stride < plan.num_features) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "Rows of the output are " + std::to_string(row_stride) +
                                            " values apart, expected at least " +
                                            std::to_string(plan.num_features) + ".");
  }
  const OnDevice on_device(device_);
  check_device_is_sound();
  std::vector<DeviceColumn> checked;
  for (uint32_t i = 0; i < num_columns; ++i) {
    checked.push_back(check_column(columns[i], plan, i, num_rows, device_));
  }
  if (num_rows == 0 || plan.num_features == 0) return;
  check_memory(out, alignof(float), device_, "The output");
  const DeviceMemory on_stream = copy_of(checked.data(), checked.size(), stream);
  const TransformArgs args{on_stream.as<DeviceColumn>(),
                           steps_.as<DeviceStep>(),
                           chunks_.as<DeviceChunk>(),
                           num_chunks_,
                           num_rows,
                           out,
                           row_stride};
  const uint64_t num_blocks = (num_rows + kBlockRows - 1) / kBlockRows;
  launch_transform_rows(args, static_cast<uint32_t>(std::min(num_blocks, kMaxBlocks)), stream);
  check_launch("transform_rows");
}

}  // namespace mainspring::gpu

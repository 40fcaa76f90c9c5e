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

// What rows on their way take at a time: enough to fill every device, little of its memory.
constexpr uint64_t kBlockBytes = uint64_t{256} << 20;
constexpr uint64_t kLeastRows = 1024;

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
  if (view_.model.model != nullptr) open_model_of(view_.model, plan.wide);
  if (!gives_dense_rows(view_)) {
    throw GpuError(MS_GPU_UNSUPPORTED, "The bundle gives " + std::to_string(plan.num_features) +
                                           " features, more than dense rows have.");
  }
  if (!plan.wide) {
    data_ = copy_to_device(plan.data, plan.data_length, nullptr);
    const CompiledPlan compiled = compile_plan(plan, data_.as<uint8_t>());
    steps_ =
        copy_to_device(compiled.steps.data(), compiled.steps.size() * sizeof(DeviceStep), nullptr);
    chunks_ = copy_to_device(compiled.chunks.data(), compiled.chunks.size() * sizeof(DeviceChunk),
                             nullptr);
    num_chunks_ = static_cast<uint32_t>(compiled.chunks.size());
  }
  check_call(device_calls().finish(nullptr), "Copying the bundle to the device");
}

/// Where a GPU cannot have the model, transforms are still of use.
void Program::open_model_of(const ModelView& view, bool is_alone) {
  try {
    model_ = DeviceModel(view);
  } catch (const GpuError& error) {
    if (is_alone || error.code() != MS_GPU_UNSUPPORTED) throw;
    refusal_ = error.what();
  }
}

Program::~Program() {
  int before = 0;  // memory is given back on the device that it came from
  const bool moved = device_calls().get_device(&before) == 0 && before != device_ &&
                     device_calls().set_device(device_) == 0;
  data_ = DeviceMemory();
  steps_ = DeviceMemory();
  chunks_ = DeviceMemory();
  model_ = DeviceModel();
  if (moved) (void)device_calls().set_device(before);
}

std::vector<DeviceColumn> Program::check_columns(const ms_gpu_column* columns, uint32_t num_columns,
                                                 uint64_t num_rows) const {
  const PlanView& plan = view_.plan;
  if (plan.wide) {
    throw GpuError(MS_GPU_UNSUPPORTED,
                   "The bundle holds a model without transforms, got columns. Pass a matrix.");
  }
  if (num_columns != plan.num_inputs) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "There are " + std::to_string(num_columns) +
                                            " columns, expected " +
                                            std::to_string(plan.num_inputs) + ".");
  }
  std::vector<DeviceColumn> checked;
  for (uint32_t i = 0; i < num_columns; ++i) {
    checked.push_back(check_column(columns[i], plan, i, num_rows, device_));
  }
  return checked;
}

void Program::run_plan(std::vector<DeviceColumn> columns, uint64_t first_row, uint64_t num_rows,
                       float* out, uint64_t row_stride, Stream stream) const {
  for (DeviceColumn& column : columns) {
    (column.indices != nullptr ? column.index_offset : column.offset) += first_row;
  }
  const DeviceMemory on_stream =
      copy_to_device(columns.data(), columns.size() * sizeof(DeviceColumn), stream);
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

void Program::transform(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows,
                        float* out, uint64_t row_stride, Stream stream) const {
  const PlanView& plan = view_.plan;
  if (row_stride < plan.num_features) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "Rows of the output are " + std::to_string(row_stride) +
                                            " values apart, expected at least " +
                                            std::to_string(plan.num_features) + ".");
  }
  const OnDevice on_device(device_);
  check_device_is_sound();
  std::vector<DeviceColumn> checked = check_columns(columns, num_columns, num_rows);
  if (num_rows == 0 || plan.num_features == 0) return;
  check_memory(out, alignof(float), device_, "The output");
  run_plan(std::move(checked), 0, num_rows, out, row_stride, stream);
}

OutputKind Program::check_output(uint32_t kind, const double* out, uint64_t num_rows) const {
  if (!model_.is_there()) {
    if (!refusal_.empty()) throw GpuError(MS_GPU_UNSUPPORTED, refusal_);
    throw GpuError(MS_GPU_UNSUPPORTED, "The bundle holds transforms only, expected a model.");
  }
  const auto wanted = static_cast<OutputKind>(kind);
  if (kind > static_cast<uint32_t>(OutputKind::kRaw) || model_.output_width(wanted) == 0) {
    throw GpuError(MS_GPU_BAD_ARGUMENT,
                   "The model has no output of kind " + std::to_string(kind) + ".");
  }
  if (num_rows != 0) check_memory(out, alignof(double), device_, "The output");
  return wanted;
}

/// Blocks of rows one after the other on the stream, so that they share memory.
template <class Features>
void Program::predict_blocks(uint64_t num_rows, uint64_t row_bytes, OutputKind kind, double* out,
                             Stream stream, Features features_of) const {
  const uint64_t block = std::max(kLeastRows, kBlockBytes / (row_bytes + model_.row_bytes()));
  const uint32_t width = model_.output_width(kind);
  for (uint64_t first = 0; first < num_rows; first += block) {
    const uint64_t count = std::min(block, num_rows - first);
    features_of(first, count, [&](const DeviceFeatures& features) {
      model_.predict(features, count, kind, out + first * width, stream);
    });
  }
}

void Program::predict(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows,
                      uint32_t kind, double* out, Stream stream) const {
  const OnDevice on_device(device_);
  check_device_is_sound();
  const OutputKind wanted = check_output(kind, out, num_rows);
  const std::vector<DeviceColumn> checked = check_columns(columns, num_columns, num_rows);
  const uint64_t width = view_.plan.num_features;
  predict_blocks(num_rows, width * sizeof(float), wanted, out, stream,
                 [&](uint64_t first, uint64_t count, auto use) {
                   const DeviceMemory features(count * width * sizeof(float), stream);
                   run_plan(checked, first, count, features.as<float>(), width, stream);
                   use({features.as<float>(), nullptr, static_cast<int64_t>(width), 1});
                 });
}

void Program::predict_matrix(const DeviceFeatures& features, uint64_t num_rows, uint32_t kind,
                             double* out, Stream stream) const {
  const OnDevice on_device(device_);
  check_device_is_sound();
  const OutputKind wanted = check_output(kind, out, num_rows);
  if (num_rows != 0 && features.narrow != nullptr) {
    check_memory(features.narrow, alignof(float), device_, "The matrix");
  } else if (num_rows != 0) {
    check_memory(features.wide, alignof(double), device_, "The matrix");
  }
  predict_blocks(num_rows, 0, wanted, out, stream, [&](uint64_t first, uint64_t, auto use) {
    const int64_t at = static_cast<int64_t>(first) * features.row_stride;
    use({features.narrow == nullptr ? nullptr : features.narrow + at,
         features.wide == nullptr ? nullptr : features.wide + at, features.row_stride,
         features.feature_stride});
  });
}

DeviceWay Program::forest_way(DeviceWay way) {
  if (!model_.is_there()) return DeviceWay::kNone;
  const OnDevice on_device(device_);
  if (way != DeviceWay::kNone) model_.take(way);
  return model_.way();
}

}  // namespace mainspring::gpu

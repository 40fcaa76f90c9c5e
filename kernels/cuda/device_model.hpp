// The model of a bundle on a device, and the launches that take features to what was asked for.
#pragma once
#include <memory>

#include "compile_slices.hpp"
#include "device_layers.hpp"
#include "gpu_error.hpp"
#include "runtime/models/model.hpp"
#include "runtime/models/output.hpp"

namespace mainspring::gpu {

class DeviceComposite;

/// How rows go through the trees of a forest. Numbers of mainspring_gpu.h.
enum class DeviceWay : uint32_t {
  kNone = 0,
  kWalk = 1,    // a thread a row, down the nodes
  kSlices = 2,  // a warp 32 rows, by ballots
};

class DeviceModel {
 public:
  DeviceModel();
  /// Copies the model to the current device. The section must live as long as this.
  explicit DeviceModel(const ModelView& view);
  ~DeviceModel();
  DeviceModel(DeviceModel&& other) noexcept;
  DeviceModel& operator=(DeviceModel&& other) noexcept;

  bool is_there() const { return header_ != nullptr; }
  uint32_t num_features() const { return header_->num_features; }
  /// Bytes of memory that a row takes on its way.
  uint64_t row_bytes() const;
  uint32_t output_width(OutputKind kind) const;
  /// How rows go through a forest; kNone where the model is none.
  DeviceWay way() const;
  /// Takes another way than the one that was chosen; throws where the forest has none. No call may
  /// run meanwhile.
  void take(DeviceWay way);
  /// Rows of features to out[num_rows][output_width(kind)], in the order of the stream.
  void predict(const DeviceFeatures& features, uint64_t num_rows, OutputKind kind, double* out,
               Stream stream) const;

 private:
  void copy_forest(const ModelView& view);
  void copy_slices(const CompiledSlices& slices);
  void run_trees(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                 Stream stream) const;

  const ModelHeader* header_ = nullptr;  // in the bundle's bytes
  DeviceLayers layers_;                  // or a composite, or the forest
  std::unique_ptr<DeviceComposite> composite_;
  DeviceForest forest_{};
  DeviceMemory trees_, nodes_, leaves_, slots_, thresholds_, sets_, set_words_, bases_, vectors_;
  DeviceSlices slices_{};  // none where num_tiles is 0
  DeviceMemory conditions_, tiles_, places_, sliced_leaves_;
  bool walks_ = true;
};

}  // namespace mainspring::gpu

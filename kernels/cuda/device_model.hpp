// The model of a bundle on a device, and the launches that take features to what was asked for.
#pragma once
#include "device_layers.hpp"
#include "gpu_error.hpp"
#include "runtime/models/model.hpp"
#include "runtime/models/output.hpp"

namespace mainspring::gpu {

/// Whether a GPU predicts with models of this kind: all but those that are made of others.
constexpr bool device_has(ModelCode code) { return code != ModelCode::kComposite; }
[[noreturn]] void refuse_model(const ModelView& view);

class DeviceModel {
 public:
  DeviceModel() = default;
  /// Copies the model to the current device. Throws where a GPU does not have its kind.
  explicit DeviceModel(const ModelView& view);

  bool is_there() const { return header_ != nullptr; }
  uint32_t num_features() const { return header_->num_features; }
  /// Bytes of memory that a row takes on its way.
  uint64_t row_bytes() const;
  uint32_t output_width(OutputKind kind) const;
  /// Rows of features to out[num_rows][output_width(kind)], in the order of the stream.
  void predict(const DeviceFeatures& features, uint64_t num_rows, OutputKind kind, double* out,
               Stream stream) const;

 private:
  void copy_forest(const ModelView& view);
  void walk(const DeviceFeatures& features, uint64_t num_rows, double* scores, Stream stream) const;

  const ModelHeader* header_ = nullptr;  // in the bundle's bytes
  DeviceLayers layers_;                  // or the forest
  DeviceForest forest_{};
  DeviceMemory trees_, nodes_, leaves_, slots_, thresholds_, sets_, set_words_, bases_, vectors_;
};

}  // namespace mainspring::gpu

// The forest of a bundle on a device, and the launches that take features to what was asked for.
#pragma once
#include "gpu_error.hpp"
#include "runtime/models/model.hpp"
#include "runtime/models/output.hpp"

namespace mainspring::gpu {

/// Features in device memory, row by row or column by column; one of the two pointers is set.
struct DeviceFeatures {
  const float* narrow;
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
};

class DeviceModel {
 public:
  DeviceModel() = default;
  /// Copies the forest to the current device. Throws where the model is no forest.
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
  const ModelHeader* header_ = nullptr;  // in the bundle's bytes
  DeviceForest forest_{};
  DeviceMemory trees_, nodes_, leaves_, slots_, thresholds_, sets_, set_words_, bases_, vectors_;
};

}  // namespace mainspring::gpu

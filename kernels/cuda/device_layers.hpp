// A chain of layers or a network of a bundle on a device, and the launches that take features to
// raw scores.
#pragma once
#include "device_features.hpp"
#include "gpu_error.hpp"
#include "runtime/models/dense/dense.hpp"
#include "runtime/models/model.hpp"
#include "runtime/models/network/network.hpp"

namespace mainspring::gpu {

class DeviceLayers {
 public:
  DeviceLayers() = default;
  /// Copies the numbers of a model of code kDense or kNetwork to the current device. The section
  /// must live as long as this.
  explicit DeviceLayers(const ModelView& view);

  bool is_there() const { return header_ != nullptr; }
  /// Bytes of memory that a row takes on its way.
  uint64_t row_bytes() const;
  /// Rows of features to scores[num_rows][num_outputs], in the order of the stream.
  void run(const DeviceFeatures& features, uint64_t num_rows, double* scores, Stream stream) const;

 private:
  bool is_network() const { return network_.header != nullptr; }
  uint64_t width() const;  // numbers of a row in a buffer
  DenseElement element() const;
  template <class T>
  void run_chain(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                 Stream stream) const;
  void run_network(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                   Stream stream) const;

  const ModelHeader* header_ = nullptr;  // in the bundle's bytes, as the views
  DenseView dense_{};
  NetworkView network_{};
  DeviceMemory numbers_, words_, starts_;
};

}  // namespace mainspring::gpu

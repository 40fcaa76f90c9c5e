// A model made of others on a device: its parts, and the launches that take them to raw scores,
// node by node.
#pragma once
#include <vector>

#include "device_features.hpp"
#include "device_model.hpp"
#include "runtime/models/composite/composite.hpp"

namespace mainspring::gpu {

class DeviceComposite {
 public:
  /// Copies every part to the current device. The section must live as long as this.
  explicit DeviceComposite(const ModelView& view);

  /// Bytes of memory that a row takes on its way.
  uint64_t row_bytes() const;
  /// Rows of features to scores[num_rows][num_outputs], in the order of the stream.
  void run(const DeviceFeatures& features, uint64_t num_rows, double* scores, Stream stream) const;

 private:
  struct Call;  // the features, the columns and the stream of one run

  void run_part(const Call& call, const CompositeNode& node, double* out) const;
  void combine(const Call& call, const CompositeNode& node, double* out) const;

  CompositeView view_;
  std::vector<DeviceModel> parts_;
  DeviceMemory inputs_, numbers_;
  uint32_t num_columns_ = 0;  // of all nodes
  uint32_t num_ordered_ = 0;  // columns of the widest median
};

}  // namespace mainspring::gpu

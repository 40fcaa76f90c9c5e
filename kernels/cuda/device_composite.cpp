// The straight line of a composite's nodes: launches of a part, or one of combine_row, each of
// which reads what stands before it on the stream.
#include "device_composite.hpp"

#include <algorithm>

#include "combine_rows.hpp"

namespace mainspring::gpu {

namespace {

CombineInput place_of(const CompositeView& view, const CompositeInput& input) {
  CombineInput place{input.source == 0, 0, 0, input.first_column, input.num_columns};
  if (input.source != 0) {
    const CompositeNode& source = view.nodes[input.source - 1];
    place.source_column = source.first_column;
    place.source_width = source.width;
  }
  return place;
}

bool is_model(const CompositeNode& node) {
  return static_cast<CompositeKind>(node.kind) == CompositeKind::kModel;
}

static_assert(static_cast<uint32_t>(Combine::kLog) + 1 == kNumCompositeKinds);

}  // namespace

struct DeviceComposite::Call {
  const DeviceFeatures& features;
  uint64_t num_rows;
  double* columns;
  uint32_t* order;
  Stream stream;
};

DeviceComposite::DeviceComposite(const ModelView& view) : view_(view_composite(view.section)) {
  const CompositeHeader& header = *view_.header;
  for (uint32_t i = 0; i < header.num_parts; ++i) {
    const CompositePart& part = view_.parts[i];
    parts_.emplace_back(view_model(view.section + part.offset, part.length));
  }
  std::vector<CombineInput> inputs;
  for (uint32_t i = 0; i < header.num_inputs; ++i) {
    inputs.push_back(place_of(view_, view_.inputs[i]));
  }
  for (uint32_t i = 0; i < header.num_nodes; ++i) {
    const CompositeNode& node = view_.nodes[i];
    num_columns_ += node.width;
    if (static_cast<CompositeKind>(node.kind) == CompositeKind::kMedian) {
      num_ordered_ = std::max(num_ordered_, node.num_numbers);
    }
  }
  inputs_ = copy_to_device(inputs.data(), inputs.size() * sizeof(CombineInput), nullptr);
  numbers_ = copy_to_device(view_.numbers, header.num_numbers * sizeof(double), nullptr);
  // The inputs are copied from memory that ends here.
  check_call(device_calls().finish(nullptr), "Copying the model to the device");
}

uint64_t DeviceComposite::row_bytes() const {
  uint64_t of_parts = 0;
  for (const DeviceModel& part : parts_) of_parts = std::max(of_parts, part.row_bytes());
  return of_parts + num_columns_ * sizeof(double) + num_ordered_ * sizeof(uint32_t);
}

void DeviceComposite::run_part(const Call& call, const CompositeNode& node, double* out) const {
  const CombineInput input = place_of(view_, view_.inputs[node.first_input]);
  DeviceFeatures features = call.features;
  if (input.of_features == 0) {
    features = {nullptr, call.columns + input.source_column * call.num_rows,
                static_cast<int64_t>(input.source_width), 1};
  }
  const int64_t offset = static_cast<int64_t>(input.first_column) * features.feature_stride;
  if (features.narrow != nullptr) {
    features.narrow += offset;
  } else {
    features.wide += offset;
  }
  parts_[node.part].predict(features, call.num_rows, static_cast<OutputKind>(node.output), out,
                            call.stream);
}

void DeviceComposite::combine(const Call& call, const CompositeNode& node, double* out) const {
  const CombineArgs args{node.kind,
                         node.width,
                         node.num_inputs,
                         node.num_numbers,
                         inputs_.as<CombineInput>() + node.first_input,
                         numbers_.as<double>() + node.first_number,
                         call.columns,
                         call.features.narrow,
                         call.features.wide,
                         call.features.row_stride,
                         call.features.feature_stride,
                         call.num_rows,
                         call.order,
                         out};
  launch_combine_rows(args, blocks_for(call.num_rows), call.stream);
  check_launch("combine_rows");
}

void DeviceComposite::run(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                          Stream stream) const {
  const DeviceMemory columns(num_columns_ * num_rows * sizeof(double), stream);
  const DeviceMemory order(num_ordered_ * num_rows * sizeof(uint32_t), stream);
  const Call call{features, num_rows, columns.as<double>(), order.as<uint32_t>(), stream};
  for (uint32_t i = 0; i < view_.header->num_nodes; ++i) {
    const CompositeNode& node = view_.nodes[i];
    const bool is_last = i + 1 == view_.header->num_nodes;
    double* out = is_last ? scores : call.columns + node.first_column * num_rows;
    if (is_model(node)) {
      run_part(call, node, out);
    } else {
      combine(call, node, out);
    }
  }
}

}  // namespace mainspring::gpu

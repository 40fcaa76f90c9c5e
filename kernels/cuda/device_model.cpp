// The model's arrays copied once, and for a call of a forest three launches: ranks, walks, the
// link.
#include "device_model.hpp"

#include <algorithm>
#include <string>

#include "compile_forest.hpp"

namespace mainspring::gpu {

namespace {

uint32_t blocks_for(uint64_t num_rows) {
  return static_cast<uint32_t>(std::min((num_rows + kForestRows - 1) / kForestRows, kMaxBlocks));
}

template <class T>
const T* put(DeviceMemory* place, const T* values, uint64_t count) {
  *place = copy_to_device(values, count * sizeof(T), nullptr);
  return place->as<T>();
}

template <class T>
const T* put(DeviceMemory* place, const std::vector<T>& values) {
  return put(place, values.data(), values.size());
}

}  // namespace

void refuse_model(const ModelView& view) {
  throw GpuError(MS_GPU_UNSUPPORTED,
                 "The model is of kind '" + std::string(view.model->name) +
                     "', which a GPU does not predict with. Transform there and predict on the "
                     "CPU.");
}

DeviceModel::DeviceModel(const ModelView& view) : header_(view.header) {
  if (!device_has(view.model->code)) refuse_model(view);
  if (view.model->code == ModelCode::kForest) {
    copy_forest(view);
  } else {
    layers_ = DeviceLayers(view);
  }
}

void DeviceModel::copy_forest(const ModelView& view) {
  const ForestView forest = view_forest(view.section);
  const ForestHeader& header = *forest.header;
  const CompiledForest compiled = compile_forest(forest);
  forest_.trees = put(&trees_, compiled.trees);
  forest_.nodes = put(&nodes_, compiled.nodes);
  forest_.leaves = put(&leaves_, compiled.leaves);
  forest_.slots = put(&slots_, compiled.slots);
  forest_.thresholds = put(&thresholds_, compiled.thresholds);
  forest_.sets = put(&sets_, compiled.sets);
  forest_.set_words = put(&set_words_, forest.set_words, header.num_set_words);
  forest_.bases = put(&bases_, forest.bases, header_->num_outputs);
  const uint64_t num_values = uint64_t{header.num_vectors} * header.leaf_width;
  if (forest.narrow_vectors != nullptr && num_values != 0) {
    forest_.narrow_vectors = put(&vectors_, forest.narrow_vectors, num_values);
  } else if (num_values != 0) {
    forest_.wide_vectors = put(&vectors_, forest.wide_vectors, num_values);
  }
  forest_.num_trees = header.num_trees;
  forest_.num_slots = header.num_slots;
  forest_.num_outputs = header_->num_outputs;
  forest_.leaf_width = header.leaf_width;
  forest_.sums_floats = sums_floats(header);
  forest_.rounds_inputs = header.input == static_cast<uint32_t>(ForestInput::kRoundedToFloat);
}

uint64_t DeviceModel::row_bytes() const {
  if (layers_.is_there()) return layers_.row_bytes();
  return forest_.num_slots * sizeof(uint16_t) + forest_.num_outputs * sizeof(double);
}

uint32_t DeviceModel::output_width(OutputKind kind) const {
  return mainspring::output_width(*header_, kind);
}

void DeviceModel::walk(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                       Stream stream) const {
  const DeviceMemory ranks(num_rows * forest_.num_slots * sizeof(uint16_t), stream);
  const RankArgs rank{forest_.slots,         forest_.thresholds,      forest_.num_slots,
                      forest_.rounds_inputs, features.narrow,         features.wide,
                      features.row_stride,   features.feature_stride, num_rows,
                      ranks.as<uint16_t>()};
  launch_rank_rows(rank, blocks_for(num_rows), stream);
  check_launch("rank_rows");
  launch_walk_trees({forest_, rank.ranks, num_rows, scores}, blocks_for(num_rows), stream);
  check_launch("walk_trees");
}

void DeviceModel::predict(const DeviceFeatures& features, uint64_t num_rows, OutputKind kind,
                          double* out, Stream stream) const {
  const bool is_raw = kind == OutputKind::kRaw;
  const uint32_t num_outputs = header_->num_outputs;
  const DeviceMemory memory(is_raw ? 0 : num_rows * num_outputs * sizeof(double), stream);
  double* const scores = is_raw ? out : memory.as<double>();
  if (layers_.is_there()) {
    layers_.run(features, num_rows, scores, stream);
  } else {
    walk(features, num_rows, scores, stream);
  }
  if (is_raw) return;
  const FinishArgs finish{scores,
                          out,
                          num_rows,
                          num_outputs,
                          static_cast<uint32_t>(kind),
                          header_->link,
                          header_->decision,
                          header_->link_scale,
                          header_->link_divisor,
                          header_->threshold};
  launch_finish_rows(finish, blocks_for(num_rows), stream);
  check_launch("finish_rows");
}

}  // namespace mainspring::gpu

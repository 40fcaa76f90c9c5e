// The model's arrays copied once, and for a call of a forest three launches: ranks, trees, the
// link.
#include "device_model.hpp"

#include <string>

#include "compile_forest.hpp"
#include "device_composite.hpp"

namespace mainspring::gpu {

namespace {

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

DeviceModel::DeviceModel() = default;
DeviceModel::~DeviceModel() = default;
DeviceModel::DeviceModel(DeviceModel&& other) noexcept = default;
DeviceModel& DeviceModel::operator=(DeviceModel&& other) noexcept = default;

DeviceModel::DeviceModel(const ModelView& view) : header_(view.header) {
  switch (view.model->code) {
    case ModelCode::kForest: copy_forest(view); break;
    case ModelCode::kComposite: composite_ = std::make_unique<DeviceComposite>(view); break;
    case ModelCode::kDense:
    case ModelCode::kNetwork: layers_ = DeviceLayers(view); break;
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
  const std::optional<CompiledSlices> slices = compile_slices(compiled);
  walks_ = !slices || !slices_pay(*slices, header.num_trees);
  if (!walks_) copy_slices(*slices);
}

uint64_t DeviceModel::row_bytes() const {
  if (layers_.is_there()) return layers_.row_bytes();
  if (composite_ != nullptr) return composite_->row_bytes();
  return forest_.num_slots * sizeof(uint16_t) + forest_.num_outputs * sizeof(double);
}

uint32_t DeviceModel::output_width(OutputKind kind) const {
  return mainspring::output_width(*header_, kind);
}

DeviceWay DeviceModel::way() const {
  if (forest_.trees == nullptr) return DeviceWay::kNone;
  return walks_ ? DeviceWay::kWalk : DeviceWay::kSlices;
}

void DeviceModel::take(DeviceWay way) {
  if (this->way() == DeviceWay::kNone || way == DeviceWay::kNone || way > DeviceWay::kSlices) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "The model has no way " +
                                            std::to_string(static_cast<uint32_t>(way)) +
                                            ", expected a forest, and 1 to walk or 2 to slice.");
  }
  if (way == DeviceWay::kSlices && slices_.num_tiles == 0) {
    const ForestView forest = view_forest(reinterpret_cast<const uint8_t*>(header_));
    const std::optional<CompiledSlices> slices = compile_slices(compile_forest(forest));
    if (!slices) {
      throw GpuError(MS_GPU_UNSUPPORTED, "The forest cannot be sliced: its trees are deeper than " +
                                             std::to_string(kMaxSliceDepth) + " levels, or " +
                                             std::to_string(kMaxSymmetricDepth) +
                                             " of symmetric trees.");
    }
    copy_slices(*slices);
    check_call(device_calls().finish(nullptr), "Copying the forest to the device");
  }
  walks_ = way == DeviceWay::kWalk;
}

void DeviceModel::copy_slices(const CompiledSlices& slices) {
  slices_.conditions = put(&conditions_, slices.conditions);
  slices_.places = put(&places_, slices.places);
  slices_.leaves = put(&sliced_leaves_, slices.leaves);
  slices_.num_nodes = slices.num_nodes;
  slices_.depth = slices.depth;
  slices_.is_symmetric = slices.is_symmetric;
  slices_.tiles = put(&tiles_, slices.tiles);
  slices_.num_tiles = static_cast<uint32_t>(slices.tiles.size());
}

void DeviceModel::run_trees(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                            Stream stream) const {
  const DeviceMemory ranks(num_rows * forest_.num_slots * sizeof(uint16_t), stream);
  const RankArgs rank{forest_.slots,         forest_.thresholds,      forest_.num_slots,
                      forest_.rounds_inputs, features.narrow,         features.wide,
                      features.row_stride,   features.feature_stride, num_rows,
                      ranks.as<uint16_t>()};
  launch_rank_rows(rank, blocks_for(num_rows), stream);
  check_launch("rank_rows");
  if (walks_) {
    launch_walk_trees({forest_, rank.ranks, num_rows, scores}, blocks_for(num_rows), stream);
    check_launch("walk_trees");
  } else {
    launch_slice_trees({forest_, slices_, rank.ranks, num_rows, scores}, blocks_for(num_rows),
                       stream);
    check_launch("slice_trees");
  }
}

void DeviceModel::predict(const DeviceFeatures& features, uint64_t num_rows, OutputKind kind,
                          double* out, Stream stream) const {
  const bool is_raw = kind == OutputKind::kRaw;
  const uint32_t num_outputs = header_->num_outputs;
  const DeviceMemory memory(is_raw ? 0 : num_rows * num_outputs * sizeof(double), stream);
  double* const scores = is_raw ? out : memory.as<double>();
  if (layers_.is_there()) {
    layers_.run(features, num_rows, scores, stream);
  } else if (composite_ != nullptr) {
    composite_->run(features, num_rows, scores, stream);
  } else {
    run_trees(features, num_rows, scores, stream);
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

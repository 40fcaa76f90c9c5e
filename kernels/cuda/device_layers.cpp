// Numbers copied once, and for a call a launch a layer, over buffers that the stream gives back.
#include "device_layers.hpp"

#include <algorithm>
#include <vector>

#include "launches.hpp"

namespace mainspring::gpu {

namespace {

constexpr bool same(DeviceLayer device, LayerKind kind) {
  return static_cast<uint32_t>(device) == static_cast<uint32_t>(kind);
}
constexpr bool same(DeviceNetwork device, NetworkKind kind) {
  return static_cast<uint32_t>(device) == static_cast<uint32_t>(kind);
}
static_assert(same(DeviceLayer::kDense, LayerKind::kDense));
static_assert(same(DeviceLayer::kCenter, LayerKind::kCenter));
static_assert(same(DeviceLayer::kScale, LayerKind::kScale));
static_assert(same(DeviceLayer::kNorm, LayerKind::kNorm));
static_assert(same(DeviceLayer::kDistance, LayerKind::kDistance));
static_assert(same(DeviceLayer::kBfloatDense, LayerKind::kBfloatDense));
static_assert(same(DeviceLayer::kInt8Dense, LayerKind::kInt8Dense));
static_assert(same(DeviceNetwork::kFeatures, NetworkKind::kFeatures));
static_assert(same(DeviceNetwork::kEmbedding, NetworkKind::kEmbedding));
static_assert(same(DeviceNetwork::kJoin, NetworkKind::kJoin));
static_assert(same(DeviceNetwork::kDot, NetworkKind::kDot));
static_assert(same(DeviceNetwork::kFactorization, NetworkKind::kFactorization));
static_assert(same(DeviceNetwork::kCross, NetworkKind::kCross));
static_assert(same(DeviceNetwork::kAdd, NetworkKind::kAdd));
static_assert(same(DeviceNetwork::kMultiply, NetworkKind::kMultiply));
static_assert(kShortOutputs == kShortPanel);

uint32_t blocks_of(uint64_t count, uint64_t each) {
  return static_cast<uint32_t>(std::min((count + each - 1) / each, kMaxBlocks));
}

void move(const MoveArgs& args, Stream stream) {
  launch_move_numbers(args, blocks_of(args.num_rows * args.num_columns, kLayerThreads), stream);
  check_launch("move_numbers");
}

/// Rows x through a layer; `numbers` of the layer lie on the device.
template <class T>
void launch_layer(const DenseLayer& layer, const T* x, uint64_t x_stride, uint64_t num_rows,
                  const void* numbers, T* out, Stream stream) {
  constexpr auto kElement =
      sizeof(T) == sizeof(float) ? DenseElement::kFloat : DenseElement::kDouble;
  LayerArgs args{};
  args.x = x;
  args.numbers = numbers;
  args.out = out;
  args.x_stride = x_stride;
  args.out_stride = padded_count(layer.num_outputs, kElement);
  args.num_rows = num_rows;
  args.kind = static_cast<DeviceLayer>(layer.kind);
  args.num_inputs = layer.num_inputs;
  args.num_outputs = layer.num_outputs;
  args.is_narrow = args.kind == DeviceLayer::kDense && is_narrow(layer);
  args.by_row = args.is_narrow || args.kind == DeviceLayer::kNorm;
  args.panel_size =
      has_short_weights(layer) ? short_panel_floats(layer) : panel_rows(layer) * kPanelOutputs<T>;
  args.weights_size = args.is_narrow ? padded_count(layer.num_inputs, kElement) : args.out_stride;
  args.epsilon = layer.epsilon;
  args.activation = {layer.activation, layer.slope};
  const uint64_t across = (layer.num_outputs + kTileOutputs - 1) / kTileOutputs;
  args.num_tiles = args.by_row ? (num_rows + kLayerThreads - 1) / kLayerThreads
                               : (num_rows + kTileRows - 1) / kTileRows * across;
  launch_run_layer(args, sizeof(T) == sizeof(double), blocks_of(args.num_tiles, 1), stream);
  check_launch("run_layer");
}

/// What a network's layer is told, but for its operands.
NetworkArgs args_of(const NetworkLayer& layer, const DeviceFeatures& features, uint64_t num_rows) {
  NetworkArgs args{};
  args.narrow = features.narrow;
  args.wide = features.wide;
  args.row_stride = features.row_stride;
  args.feature_stride = features.feature_stride;
  args.out_stride = value_stride(layer.num_outputs);
  args.num_rows = num_rows;
  args.kind = static_cast<DeviceNetwork>(layer.kind);
  args.num_inputs = layer.num_inputs;
  args.width = layer.width;
  args.num_units = layer.num_outputs;
  if (args.kind == DeviceNetwork::kDot) args.num_units = layer.num_inputs / layer.width;
  args.activation = {layer.activation, layer.slope};
  return args;
}

void launch_network(const NetworkArgs& args, Stream stream) {
  launch_network_rows(args, blocks_of(args.num_rows * args.num_units, kLayerThreads), stream);
  check_launch("network_rows");
}

/// Where each layer's value begins in a row's numbers.
std::vector<uint64_t> places_of(const NetworkView& network) {
  std::vector<uint64_t> places{0};
  for (uint32_t i = 0; i < network.header->num_layers; ++i) {
    places.push_back(places.back() + value_stride(network.layers[i].num_outputs));
  }
  return places;
}

}  // namespace

DeviceLayers::DeviceLayers(const ModelView& view) : header_(view.header) {
  uint64_t num_bytes = 0;
  if (view.model->code == ModelCode::kDense) {
    dense_ = view_dense(view.section);
    for (uint32_t i = 0; i < dense_.header->num_layers; ++i) {
      num_bytes += layer_numbers(dense_.layers[i], element()) * element_bytes(element());
    }
    numbers_ = copy_to_device(dense_.numbers, num_bytes, nullptr);
    return;
  }
  network_ = view_network(view.section);
  std::vector<uint64_t> starts(network_.header->num_words, 0);  // at the word of each table's rows
  for (uint32_t i = 0; i < network_.header->num_layers; ++i) {
    const NetworkLayer& layer = network_.layers[i];
    num_bytes += number_bytes(layer, network_.words);
    if (static_cast<NetworkKind>(layer.kind) != NetworkKind::kEmbedding) continue;
    uint64_t start = 0;
    for (uint32_t k = 0; k < layer.num_words; k += 2) {
      starts[layer.first_word + k / 2] = start;
      start += network_.words[layer.first_word + k + 1];
    }
  }
  numbers_ = copy_to_device(network_.numbers, num_bytes, nullptr);
  words_ = copy_to_device(network_.words, network_.header->num_words * sizeof(uint32_t), nullptr);
  starts_ = copy_to_device(starts.data(), starts.size() * sizeof(uint64_t), nullptr);
  // The host's copy of `starts` must outlive the copying.
  check_call(device_calls().finish(nullptr), "Copying the model to the device");
}

DenseElement DeviceLayers::element() const {
  return is_network() ? DenseElement::kFloat : static_cast<DenseElement>(dense_.header->element);
}

uint64_t DeviceLayers::width() const {
  if (is_network()) return places_of(network_).back();
  uint64_t width = padded_count(header_->num_features, element());
  for (uint32_t i = 0; i < dense_.header->num_layers; ++i) {
    width = std::max(width, padded_count(dense_.layers[i].num_outputs, element()));
  }
  return width;
}

uint64_t DeviceLayers::row_bytes() const {
  return (is_network() ? 1 : 2) * width() * element_bytes(element()) +
         header_->num_outputs * sizeof(double);
}

void DeviceLayers::run(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                       Stream stream) const {
  if (is_network()) {
    run_network(features, num_rows, scores, stream);
  } else if (element() == DenseElement::kFloat) {
    run_chain<float>(features, num_rows, scores, stream);
  } else {
    run_chain<double>(features, num_rows, scores, stream);
  }
}

template <class T>
void DeviceLayers::run_chain(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                             Stream stream) const {
  constexpr bool kIsFloat = sizeof(T) == sizeof(float);
  const uint64_t stride = width();
  const DeviceMemory memory(2 * num_rows * stride * sizeof(T), stream);
  T* const buffers[2] = {memory.as<T>(), memory.as<T>() + num_rows * stride};
  MoveArgs take{};
  take.narrow = features.narrow;
  take.wide = features.wide;
  take.row_stride = features.row_stride;
  take.feature_stride = features.feature_stride;
  take.out_stride = stride;
  take.num_rows = num_rows;
  take.num_columns = header_->num_features;
  const T* x = buffers[1];
  uint64_t x_stride = stride;
  bool in_place = features.feature_stride == 1 && features.row_stride >= 0;
  if constexpr (kIsFloat) {
    in_place = in_place && features.narrow != nullptr;
    if (in_place) x = features.narrow;
    take.narrow_out = buffers[1];
  } else {
    in_place = in_place && features.wide != nullptr;
    if (in_place) x = features.wide;
    take.wide_out = buffers[1];
  }
  if (in_place) {
    x_stride = static_cast<uint64_t>(features.row_stride);
  } else if (take.num_columns != 0) {
    move(take, stream);
  }
  const T* numbers = numbers_.as<T>();
  for (uint32_t i = 0; i < dense_.header->num_layers; ++i) {
    const DenseLayer& layer = dense_.layers[i];
    T* const out = buffers[i % 2];
    launch_layer(layer, x, x_stride, num_rows, numbers, out, stream);
    numbers += layer_numbers(layer, element());
    x = out;
    x_stride = padded_count(layer.num_outputs, element());
  }
  MoveArgs give{};
  if constexpr (kIsFloat) {
    give.narrow = x;
  } else {
    give.wide = x;
  }
  give.row_stride = static_cast<int64_t>(x_stride);
  give.feature_stride = 1;
  give.wide_out = scores;
  give.out_stride = header_->num_outputs;
  give.num_rows = num_rows;
  give.num_columns = header_->num_outputs;
  move(give, stream);
}

void DeviceLayers::run_network(const DeviceFeatures& features, uint64_t num_rows, double* scores,
                               Stream stream) const {
  const std::vector<uint64_t> places = places_of(network_);
  const DeviceMemory memory(places.back() * num_rows * sizeof(float), stream);
  const auto value_of = [&](uint32_t layer) {
    return memory.as<float>() + places[layer] * num_rows;
  };
  const auto stride_of = [&](uint32_t layer) {
    return value_stride(network_.layers[layer].num_outputs);
  };
  const uint8_t* numbers = numbers_.as<uint8_t>();
  for (uint32_t i = 0; i < network_.header->num_layers; ++i) {
    const NetworkLayer& layer = network_.layers[i];
    const uint32_t* words = network_.words + layer.first_word;
    const auto* own = reinterpret_cast<const float*>(numbers);
    numbers += number_bytes(layer, network_.words);
    if (is_dense_layer(layer)) {
      launch_layer(dense_layer_of(layer), static_cast<const float*>(value_of(words[0])),
                   stride_of(words[0]), num_rows, own, value_of(i), stream);
      continue;
    }
    NetworkArgs args = args_of(layer, features, num_rows);
    args.out = value_of(i);
    args.words = words_.as<uint32_t>() + layer.first_word;
    args.starts = starts_.as<uint64_t>() + layer.first_word;
    args.tables = own;
    if (args.kind == DeviceNetwork::kJoin) {
      for (uint32_t k = 0; k < layer.num_words; ++k) {
        args.operands[0] = value_of(words[k]);
        args.strides[0] = stride_of(words[k]);
        args.num_units = network_.layers[words[k]].num_outputs;
        launch_network(args, stream);
        args.out += args.num_units;
      }
      continue;
    }
    const bool reads_layers =
        args.kind != DeviceNetwork::kFeatures && args.kind != DeviceNetwork::kEmbedding;
    for (uint32_t k = 0; reads_layers && k < layer.num_words && k < 3; ++k) {
      args.operands[k] = value_of(words[k]);
      args.strides[k] = stride_of(words[k]);
    }
    launch_network(args, stream);
  }
  MoveArgs give{};
  const uint32_t last = network_.header->num_layers - 1;
  give.narrow = value_of(last);
  give.row_stride = static_cast<int64_t>(stride_of(last));
  give.feature_stride = 1;
  give.wide_out = scores;
  give.out_stride = header_->num_outputs;
  give.num_rows = num_rows;
  give.num_columns = header_->num_outputs;
  move(give, stream);
}

}  // namespace mainspring::gpu

// Raw scores of a network: a block of rows goes through all layers, each of which has a room of its
// own in the scratch, so that any later one can read it.
#include "runtime/models/network/network.hpp"

#include "runtime/models/any_features.hpp"

namespace mainspring {

namespace {

/// A multiple of every level's rows at a time, as in a chain of layers, while all values of a block
/// stay in the L2 cache.
constexpr uint32_t kBlockRows = 48;
constexpr uint32_t kFewRows = 12;
constexpr uint64_t kManyNumbers = 4096;

/// Where each layer's value begins in the scratch, and what a row needs.
struct Rooms {
  uint64_t at[kMaxNetworkLayers];  // in floats, of a block
  uint64_t dot_at;
  uint64_t num_floats;
  uint32_t block;
};

Rooms rooms_of(const NetworkView& network) {
  Rooms rooms;
  uint64_t width = 0, dot = 0;
  for (uint32_t i = 0; i < network.header->num_layers; ++i) {
    const NetworkLayer& layer = network.layers[i];
    rooms.at[i] = width;
    width += value_stride(layer.num_outputs);
    if (static_cast<NetworkKind>(layer.kind) != NetworkKind::kDot) continue;
    dot = dot_room(layer) > dot ? dot_room(layer) : dot;
  }
  rooms.block = width > kManyNumbers ? kFewRows : kBlockRows;
  for (uint32_t i = 0; i < network.header->num_layers; ++i) rooms.at[i] *= rooms.block;
  rooms.dot_at = width * rooms.block;
  rooms.num_floats = rooms.dot_at + dot;
  return rooms;
}

/// Features of the rows of a block, of either type.
template <class Features>
struct Rows {
  Features features;
  uint32_t num_rows;
};

template <class Features>
void take_features(const NetworkLayer& layer, const uint32_t* words, const Rows<Features>& rows,
                   float* to) {
  const uint64_t stride = value_stride(layer.num_outputs);
  for (uint32_t i = 0; i < layer.num_words; ++i) {
    for (uint32_t row = 0; row < rows.num_rows; ++row) {
      to[row * stride + i] = static_cast<float>(rows.features.at(row, words[i]));
    }
  }
}

/// The number of the table's row, or the number of rows where the table has none.
template <class T>
uint32_t id_of(T value, uint32_t num_rows) {
  if (!(value >= 0 && value < static_cast<T>(num_rows))) return num_rows;
  const auto id = static_cast<uint32_t>(value);
  return static_cast<T>(id) == value && id < num_rows ? id : num_rows;
}

/// An id that has no row gives NaN, which no layer behind it loses.
template <class Features>
void look_up(const NetworkLayer& layer, const uint32_t* words, const float* tables,
             const Rows<Features>& rows, float* to) {
  const uint64_t stride = value_stride(layer.num_outputs);
  const uint32_t width = layer.width;
  for (uint32_t i = 0; i < layer.num_words; i += 2) {
    const uint32_t num_rows = words[i + 1];
    for (uint32_t row = 0; row < rows.num_rows; ++row) {
      const uint32_t id = id_of(rows.features.at(row, words[i]), num_rows);
      float* const out = to + row * stride + uint64_t{i / 2} * width;
      if (id == num_rows) {
        for (uint32_t k = 0; k < width; ++k) out[k] = __builtin_nanf("");
      } else {
        const float* from = tables + uint64_t{id} * width;
        for (uint32_t k = 0; k < width; ++k) out[k] = from[k];
      }
    }
    tables += uint64_t{num_rows} * width;
  }
}

/// Numbers side by side, of every value that is read.
void join(const NetworkView& network, const NetworkLayer& layer, const uint32_t* words,
          const Rooms& rooms, float* values, uint32_t num_rows, float* to) {
  const uint64_t stride = value_stride(layer.num_outputs);
  for (uint32_t i = 0; i < layer.num_words; ++i) {
    const uint32_t count = network.layers[words[i]].num_outputs;
    const uint64_t from_stride = value_stride(count);
    const float* from = values + rooms.at[words[i]];
    for (uint32_t row = 0; row < num_rows; ++row) {
      for (uint32_t k = 0; k < count; ++k) to[row * stride + k] = from[row * from_stride + k];
    }
    to += count;
  }
}

template <class Features>
void run_block(const NetworkView& network, const Rooms& rooms, const Rows<Features>& rows,
               float* values, const Kernels& kernels) {
  const uint8_t* numbers = network.numbers;
  for (uint32_t number = 0; number < network.header->num_layers; ++number) {
    const NetworkLayer& layer = network.layers[number];
    const uint32_t* words = network.words + layer.first_word;
    const auto* own = reinterpret_cast<const float*>(numbers);
    numbers += number_bytes(layer, network.words);
    float* const to = values + rooms.at[number];
    const auto kind = static_cast<NetworkKind>(layer.kind);
    NetworkOperands operands{};
    if (kind != NetworkKind::kFeatures && kind != NetworkKind::kEmbedding) {
      for (uint32_t i = 0; i < layer.num_words && i < 3; ++i) {
        operands.values[i] = values + rooms.at[words[i]];
        operands.strides[i] = value_stride(network.layers[words[i]].num_outputs);
      }
    }
    const DenseLayer dense = dense_layer_of(layer);
    if (is_dense_layer(layer)) {
      run_layer(dense, operands.values[0], operands.strides[0], rows.num_rows, own, to, kernels);
      continue;
    }
    if (kind == NetworkKind::kFeatures) {
      take_features(layer, words, rows, to);
    } else if (kind == NetworkKind::kEmbedding) {
      look_up(layer, words, own, rows, to);
    } else if (kind == NetworkKind::kJoin) {
      join(network, layer, words, rooms, values, rows.num_rows, to);
    } else {
      run_interaction(layer, operands, rows.num_rows, to, values + rooms.dot_at, kernels);
    }
    for (uint32_t row = 0; row < rows.num_rows; ++row) {
      activate(dense, to + row * value_stride(layer.num_outputs), layer.num_outputs, kernels);
    }
  }
}

template <class Features>
void predict_tile(const ModelView& view, Features features, uint32_t num_rows,
                  const Kernels& kernels, uint8_t* scratch, double* out) {
  constexpr double kQuietNan = __builtin_nan("");
  const NetworkView network = view_network(view.section);
  const Rooms rooms = rooms_of(network);
  auto* const values = reinterpret_cast<float*>(scratch);
  const uint32_t num_outputs = view.header->num_outputs;
  const float* scores = values + rooms.at[network.header->num_layers - 1];
  for (uint32_t first = 0; first < num_rows; first += rooms.block) {
    const uint32_t left = num_rows - first;
    const Rows<Features> rows{features.from(first, 0), left < rooms.block ? left : rooms.block};
    run_block(network, rooms, rows, values, kernels);
    for (uint32_t row = 0; row < rows.num_rows; ++row) {
      for (uint32_t i = 0; i < num_outputs; ++i) {
        const auto score = static_cast<double>(scores[row * value_stride(num_outputs) + i]);
        *out++ = score == score ? score : kQuietNan;
      }
    }
  }
}

struct Network {
  static constexpr ModelCode kCode = ModelCode::kNetwork;
  static constexpr const char* kName = "network";

  static Status verify(const ModelView& view) noexcept { return verify_network(view); }

  static const char* kernel_name(const ModelView& /*view*/, uint32_t num_rows,
                                 IsaLevel /*level*/) noexcept {
    return num_rows == 1 ? "layers over one row" : "layers over blocks of rows";
  }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    return rooms_of(view_network(view.section)).num_floats * sizeof(float);
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& kernels, uint8_t* scratch, double* out) noexcept {
#if defined(MAINSPRING_SMALL)
    predict_tile(view, AnyFeatures{features}, features.num_rows, kernels, scratch, out);
#else
    if (features.narrow != nullptr) {
      predict_tile(view, narrow_of(features), features.num_rows, kernels, scratch, out);
    } else {
      predict_tile(view, wide_of(features), features.num_rows, kernels, scratch, out);
    }
#endif
  }
};

}  // namespace

extern constinit const Model kNetworkModel;
constinit const Model kNetworkModel = model_of<Network>();

}  // namespace mainspring

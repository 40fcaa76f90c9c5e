// Raw scores of a chain of layers: a block of rows goes through all of them while it is in the
// cache, between two buffers of the scratch.
//
// Everything is row by row. Rows of a caller's matrix are read in place where they have the layers'
// type; columns of a tile are turned into rows first.
#include "runtime/models/dense/dense.hpp"

#include "runtime/models/any_features.hpp"

namespace mainspring {

namespace {

/// A multiple of every level's rows at a time. Two buffers of 48 rows of 256 floats take 96 KiB.
constexpr uint32_t kBlockRows = 48;
/// Layers so wide that a block would leave the L2 cache.
constexpr uint32_t kFewRows = 12;
constexpr uint64_t kManyNumbers = 4096;

/// Numbers that the widest layer, or the features, take in a row of a buffer.
uint64_t buffer_width(const DenseView& dense, uint32_t num_features) {
  const auto element = static_cast<DenseElement>(dense.header->element);
  uint64_t width = padded_count(num_features, element);
  for (uint32_t i = 0; i < dense.header->num_layers; ++i) {
    const uint64_t outputs = padded_count(dense.layers[i].num_outputs, element);
    width = outputs > width ? outputs : width;
  }
  return width;
}

uint32_t block_rows(uint64_t width) { return width > kManyNumbers ? kFewRows : kBlockRows; }

/// One block through the layers from `first_layer` on; `buffers` has room for two of buffer_size
/// numbers.
template <class T>
void run_block(const DenseView& dense, uint32_t first_layer, const T* x, uint64_t row_stride,
               uint32_t num_rows, T* buffers, uint64_t buffer_size, const Kernels& kernels,
               double* out) {
  constexpr double kQuietNan = __builtin_nan("");
  const auto element = static_cast<DenseElement>(dense.header->element);
  const T* numbers = reinterpret_cast<const T*>(dense.numbers);
  for (uint32_t i = 0; i < first_layer; ++i) numbers += layer_numbers(dense.layers[i], element);
  // A block that was copied lies in the first buffer.
  uint32_t next = x == buffers ? 1 : 0;
  for (uint32_t i = first_layer; i < dense.header->num_layers; ++i) {
    const DenseLayer& layer = dense.layers[i];
    T* to = buffers + next * buffer_size;
    const uint64_t to_stride = padded_count(layer.num_outputs, element);
    run_layer(layer, x, row_stride, num_rows, numbers, to, kernels);
    numbers += layer_numbers(layer, element);
    x = to;
    row_stride = to_stride;
    next ^= 1;
  }
  const uint32_t num_outputs = dense.layers[dense.header->num_layers - 1].num_outputs;
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < num_outputs; ++i) {
      const auto score = static_cast<double>(x[row * row_stride + i]);
      *out++ = score == score ? score : kQuietNan;
    }
  }
}

#if defined(MAINSPRING_SMALL)
template <class T>
void predict_tile(const ModelView& view, const FeatureTile& tile, const Kernels& kernels,
                  uint8_t* scratch, double* out) {
  const DenseView dense = view_dense(view.section);
  const uint32_t num_features = view.header->num_features;
  auto* buffers = reinterpret_cast<T*>(scratch);
  const uint64_t width = buffer_width(dense, num_features);
  const uint32_t block = block_rows(width);
  for (uint32_t first = 0; first < tile.num_rows; first += block) {
    const uint32_t count = tile.num_rows - first < block ? tile.num_rows - first : block;
    const AnyFeatures features{tile, first};
    for (uint32_t row = 0; row < count; ++row) {
      for (uint32_t feature = 0; feature < num_features; ++feature) {
        buffers[row * width + feature] = static_cast<T>(features.at(row, feature));
      }
    }
    run_block(dense, 0, static_cast<const T*>(buffers), width, count, buffers, block * width,
              kernels, out + uint64_t{first} * view.header->num_outputs);
  }
}
#else
/// Whether there is one layer, a narrow one: no rows of numbers wait for the next, so all rows of a
/// tile that are read in place go through it at a time.
bool is_one_product(const DenseView& dense) {
  return dense.header->num_layers == 1 && is_narrow(dense.layers[0]) &&
         static_cast<LayerKind>(dense.layers[0].kind) == LayerKind::kDense;
}

/// Features of any layout and type to rows.
template <class T, class From>
void copy_rows(const From* from, const FeatureTile& tile, uint32_t num_features, uint32_t num_rows,
               T* rows, uint64_t row_size) {
  // A cache line of every column at a time.
  constexpr uint32_t kLines = 16;
  for (uint32_t first = 0; first < num_rows; first += kLines) {
    const uint32_t last = num_rows - first < kLines ? num_rows : first + kLines;
    for (uint32_t feature = 0; feature < num_features; ++feature) {
      const From* column = from + static_cast<int64_t>(feature) * tile.feature_stride;
      for (uint32_t row = first; row < last; ++row) {
        rows[row * row_size + feature] =
            static_cast<T>(column[static_cast<int64_t>(row) * tile.row_stride]);
      }
    }
  }
}

template <class T, class From>
void predict_rows(const DenseView& dense, const From* from, const FeatureTile& tile,
                  uint32_t num_features, uint32_t num_outputs, T* buffers, const Kernels& kernels,
                  double* out) {
  const uint64_t width = buffer_width(dense, num_features);
  const bool in_place =
      sizeof(T) == sizeof(From) && tile.feature_stride == 1 && tile.row_stride >= 0;
  const uint32_t block = in_place && is_one_product(dense) ? kTileRows : block_rows(width);
  for (uint32_t first = 0; first < tile.num_rows; first += block) {
    const uint32_t count = tile.num_rows - first < block ? tile.num_rows - first : block;
    const From* rows = from + static_cast<int64_t>(first) * tile.row_stride;
    double* scores = out + uint64_t{first} * num_outputs;
    if constexpr (sizeof(T) == sizeof(From)) {
      if (in_place) {
        run_block(dense, 0, rows, static_cast<uint64_t>(tile.row_stride), count, buffers,
                  block * width, kernels, scores);
        continue;
      }
    }
    copy_rows(rows, tile, num_features, count, buffers, width);
    run_block(dense, 0, static_cast<const T*>(buffers), width, count, buffers, block * width,
              kernels, scores);
  }
}

template <class T>
void predict_tile(const ModelView& view, const FeatureTile& tile, const Kernels& kernels,
                  uint8_t* scratch, double* out) {
  const DenseView dense = view_dense(view.section);
  const uint32_t num_features = view.header->num_features;
  const uint32_t num_outputs = view.header->num_outputs;
  auto* buffers = reinterpret_cast<T*>(scratch);
  if (tile.narrow != nullptr) {
    predict_rows(dense, tile.narrow, tile, num_features, num_outputs, buffers, kernels, out);
  } else {
    predict_rows(dense, tile.wide, tile, num_features, num_outputs, buffers, kernels, out);
  }
}
#endif

struct Dense {
  static constexpr ModelCode kCode = ModelCode::kDense;
  static constexpr const char* kName = "dense";

  static Status verify(const ModelView& view) noexcept { return verify_dense(view); }

  static const char* kernel_name(const ModelView& /*view*/, uint32_t num_rows,
                                 IsaLevel /*level*/) noexcept {
    return num_rows == 1 ? "products of one row" : "products of blocks of rows";
  }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    const DenseView dense = view_dense(view.section);
    const auto element = static_cast<DenseElement>(dense.header->element);
    const uint64_t width = buffer_width(dense, view.header->num_features);
    uint64_t numbers = 2 * block_rows(width) * width;
#if !defined(MAINSPRING_SMALL)
    const uint64_t of_tile = kTileRows * padded_count(1, element);
    if (is_one_product(dense) && numbers < of_tile) numbers = of_tile;
#endif
    return numbers * element_bytes(element);
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& kernels, uint8_t* scratch, double* out) noexcept {
    const DenseView dense = view_dense(view.section);
    if (static_cast<DenseElement>(dense.header->element) == DenseElement::kFloat) {
      predict_tile<float>(view, features, kernels, scratch, out);
    } else {
      predict_tile<double>(view, features, kernels, scratch, out);
    }
  }
};

}  // namespace

void run_layers(const DenseView& dense, uint32_t first_layer, const float* x, uint64_t row_stride,
                uint32_t num_rows, float* buffers, uint64_t buffer_size, const Kernels& kernels,
                double* out) noexcept {
  run_block(dense, first_layer, x, row_stride, num_rows, buffers, buffer_size, kernels, out);
}

void run_layers(const DenseView& dense, uint32_t first_layer, const double* x, uint64_t row_stride,
                uint32_t num_rows, double* buffers, uint64_t buffer_size, const Kernels& kernels,
                double* out) noexcept {
  run_block(dense, first_layer, x, row_stride, num_rows, buffers, buffer_size, kernels, out);
}

extern constinit const Model kDenseModel;
constinit const Model kDenseModel = model_of<Dense>();

}  // namespace mainspring

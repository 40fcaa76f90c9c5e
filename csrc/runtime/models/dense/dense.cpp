// Raw scores of a chain of layers: a block of rows goes through all of them while it is in the
// cache, between two buffers of the scratch.
//
// Everything is row by row. Rows of a caller's matrix are read in place where they have the layers'
// type; columns of a tile are turned into rows first.
#include "runtime/models/dense/dense.hpp"

#include "runtime/core/math.hpp"

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

void multiply(const DenseLayer& layer, const float* x, uint64_t row_stride, uint32_t num_rows,
              const float* numbers, float* out, uint64_t out_stride, const Kernels& kernels) {
  if (is_narrow(layer)) {
    kernels.multiply_rows_f32(x, row_stride, num_rows, numbers, layer.num_inputs, layer.num_outputs,
                              out, out_stride);
  } else {
    kernels.multiply_panels_f32(x, row_stride, num_rows, numbers, layer.num_inputs,
                                static_cast<uint32_t>(out_stride * sizeof(float) / 128), out,
                                out_stride);
  }
}

void multiply(const DenseLayer& layer, const double* x, uint64_t row_stride, uint32_t num_rows,
              const double* numbers, double* out, uint64_t out_stride, const Kernels& kernels) {
  if (is_narrow(layer)) {
    kernels.multiply_rows_f64(x, row_stride, num_rows, numbers, layer.num_inputs, layer.num_outputs,
                              out, out_stride);
  } else {
    kernels.multiply_panels_f64(x, row_stride, num_rows, numbers, layer.num_inputs,
                                static_cast<uint32_t>(out_stride * sizeof(double) / 128), out,
                                out_stride);
  }
}

template <class T>
void scale(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
           const T* first, const T* second, T* out, uint64_t out_stride) {
  const bool centers = static_cast<LayerKind>(layer.kind) == LayerKind::kCenter;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const T* from = x + row * row_stride;
    T* to = out + row * out_stride;
    if (centers) {
      for (uint32_t i = 0; i < layer.num_outputs; ++i) to[i] = (from[i] - first[i]) / second[i];
    } else {
      for (uint32_t i = 0; i < layer.num_outputs; ++i) to[i] = from[i] * first[i] + second[i];
    }
  }
}

/// Sums are float64, in ascending order.
template <class T>
void normalize(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
               const T* first, const T* second, T* out, uint64_t out_stride) {
  const uint32_t count = layer.num_outputs;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const T* from = x + row * row_stride;
    T* to = out + row * out_stride;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < count; ++i) sum += static_cast<double>(from[i]);
    const double mean = sum / count;
    for (uint32_t i = 0; i < count; ++i) {
      const double distance = static_cast<double>(from[i]) - mean;
      squares += distance * distance;
    }
    const double divisor = sqrt_value(squares / count + layer.epsilon);
    for (uint32_t i = 0; i < count; ++i) {
      const double normal = (static_cast<double>(from[i]) - mean) / divisor;
      to[i] =
          static_cast<T>(normal * static_cast<double>(first[i]) + static_cast<double>(second[i]));
    }
  }
}

/// A panel of outputs at a time: biases, less what each input takes away, in ascending order.
template <class T>
void subtract_distances(const DenseLayer& layer, const T* x, uint64_t row_stride, uint32_t num_rows,
                        const T* numbers, T* out, uint64_t out_stride) {
  constexpr uint32_t kPanel = 128 / sizeof(T);
  for (uint32_t first = 0; first < layer.num_outputs; first += kPanel) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      const T* from = x + row * row_stride;
      T sums[kPanel];
      for (uint32_t i = 0; i < kPanel; ++i) sums[i] = numbers[i];
      const T* of_input = numbers + kPanel;
      for (uint32_t k = 0; k < layer.num_inputs; ++k, of_input += 2 * kPanel) {
        for (uint32_t i = 0; i < kPanel; ++i) {
          const T distance = from[k] - of_input[i];
          sums[i] -= distance * distance * of_input[kPanel + i];
        }
      }
      T* to = out + row * out_stride + first;
      for (uint32_t i = 0; i < kPanel; ++i) to[i] = sums[i];
    }
    numbers += panel_rows(layer) * kPanel;
  }
}

/// One block through all layers; `buffers` has room for two of block * width numbers.
template <class T>
void run_block(const DenseView& dense, const T* x, uint64_t row_stride, uint32_t num_rows,
               T* buffers, uint64_t buffer_size, const Kernels& kernels, double* out) {
  constexpr double kQuietNan = __builtin_nan("");
  const auto element = static_cast<DenseElement>(dense.header->element);
  const T* numbers = reinterpret_cast<const T*>(dense.numbers);
  // A block that was copied lies in the first buffer.
  uint32_t next = x == buffers ? 1 : 0;
  for (uint32_t i = 0; i < dense.header->num_layers; ++i) {
    const DenseLayer& layer = dense.layers[i];
    T* to = buffers + next * buffer_size;
    const uint64_t to_stride = padded_count(layer.num_outputs, element);
    if (static_cast<LayerKind>(layer.kind) == LayerKind::kDense) {
      multiply(layer, x, row_stride, num_rows, numbers, to, to_stride, kernels);
    } else if (static_cast<LayerKind>(layer.kind) == LayerKind::kNorm) {
      normalize(layer, x, row_stride, num_rows, numbers, numbers + to_stride, to, to_stride);
    } else if (static_cast<LayerKind>(layer.kind) == LayerKind::kDistance) {
      subtract_distances(layer, x, row_stride, num_rows, numbers, to, to_stride);
    } else {
      scale(layer, x, row_stride, num_rows, numbers, numbers + to_stride, to, to_stride);
    }
    // What lies behind the outputs of a narrow layer was never written.
    if (static_cast<LayerKind>(layer.kind) == LayerKind::kDense && !is_narrow(layer)) {
      activate(layer, to, num_rows * to_stride, kernels);
    } else {
      for (uint32_t row = 0; row < num_rows; ++row) {
        activate(layer, to + row * to_stride, layer.num_outputs, kernels);
      }
    }
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
  const uint32_t block = block_rows(width);
  for (uint32_t first = 0; first < tile.num_rows; first += block) {
    const uint32_t count = tile.num_rows - first < block ? tile.num_rows - first : block;
    const From* rows = from + static_cast<int64_t>(first) * tile.row_stride;
    double* scores = out + uint64_t{first} * num_outputs;
    if constexpr (sizeof(T) == sizeof(From)) {
      if (tile.feature_stride == 1 && tile.row_stride >= 0) {
        run_block(dense, rows, static_cast<uint64_t>(tile.row_stride), count, buffers,
                  block * width, kernels, scores);
        continue;
      }
    }
    copy_rows(rows, tile, num_features, count, buffers, width);
    run_block(dense, static_cast<const T*>(buffers), width, count, buffers, block * width, kernels,
              scores);
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
    const uint64_t width = buffer_width(dense, view.header->num_features);
    return 2 * block_rows(width) * width *
           element_bytes(static_cast<DenseElement>(dense.header->element));
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

extern constinit const Model kDenseModel;
constinit const Model kDenseModel = model_of<Dense>();

}  // namespace mainspring

// The sums are those of runtime/core/dense_forms.inc: an input that is 0 adds 0 or -0 to a sum that
// is not -0, which changes nothing, so it may as well be left out.
#include "host/predict_sparse.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"
#include "runtime/models/dense/dense.hpp"
#include "runtime/predictor/predict.hpp"
#include "runtime/predictor/sparse_rows.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kBlockRows = 48;
// Blocks that one thread takes at a time: some 10 us of work.
constexpr uint64_t kItemRows = 8 * kBlockRows;
/// A tile of more features than this has more than 8 MiB.
constexpr uint32_t kManyFeatures = 4096;
// As of narrow layers in dense_forms.inc.
constexpr uint32_t kLanes = 16;

float multiply_add(float a, float b, float c) { return std::fma(a, b, c); }
double multiply_add(double a, double b, double c) { return a * b + c; }

/// The entries of one row.
template <class From>
struct Entries {
  const int32_t* features;
  const From* values;
  uint64_t count;
};

/// One row times one output of a narrow layer.
template <class T, class From>
T multiply_entries(const Entries<From>& row, const T* weights, T bias) {
  T lanes[kLanes] = {};
  for (uint64_t i = 0; i < row.count; ++i) {
    const auto feature = static_cast<uint32_t>(row.features[i]);
    T& lane = lanes[feature % kLanes];
    lane = multiply_add(static_cast<T>(row.values[i]), weights[feature], lane);
  }
  for (uint32_t half = kLanes / 2; half != 0; half /= 2) {
    for (uint32_t i = 0; i < half; ++i) lanes[i] += lanes[half + i];
  }
  return lanes[0] + bias;
}

/// One row times the outputs of one panel of a wide layer.
template <class T, class From>
void multiply_panel(const Entries<From>& row, const T* panel, T* out) {
  constexpr uint64_t kPanel = 128 / sizeof(T);
  T sums[kPanel];
  std::copy(panel, panel + kPanel, sums);
  for (uint64_t i = 0; i < row.count; ++i) {
    const T* weights = panel + (static_cast<uint64_t>(row.features[i]) + 1) * kPanel;
    const auto value = static_cast<T>(row.values[i]);
    for (uint64_t k = 0; k < kPanel; ++k) sums[k] = multiply_add(value, weights[k], sums[k]);
  }
  std::copy(sums, sums + kPanel, out);
}

template <class T, class From>
void multiply_row(const Entries<From>& row, const DenseLayer& layer, const T* numbers, T* out) {
  constexpr uint64_t kPanel = 128 / sizeof(T);
  if (!is_narrow(layer)) {
    const uint64_t panel_size = (uint64_t{layer.num_inputs} + 1) * kPanel;
    for (uint64_t output = 0; output < layer.num_outputs; output += kPanel) {
      multiply_panel(row, numbers + output / kPanel * panel_size, out + output);
    }
    return;
  }
  const uint64_t inputs = (uint64_t{layer.num_inputs} + kPanel - 1) / kPanel * kPanel;
  for (uint32_t output = 0; output < layer.num_outputs; ++output) {
    out[output] = multiply_entries(row, numbers + kPanel + output * inputs, numbers[output]);
  }
}

/// Numbers that the rows of the widest layer's outputs take, each.
uint64_t buffer_width(const DenseView& dense) {
  const auto element = static_cast<DenseElement>(dense.header->element);
  uint64_t width = 0;
  for (uint32_t i = 0; i < dense.header->num_layers; ++i) {
    width = std::max(width, padded_count(dense.layers[i].num_outputs, element));
  }
  return width;
}

template <class T, class From>
void score_block(const ModelView& model, const SparseMatrix& matrix, const From* values,
                 uint64_t first, uint32_t num_rows, T* buffers, double* scores) {
  const DenseView dense = view_dense(model.section);
  const auto element = static_cast<DenseElement>(dense.header->element);
  const DenseLayer& layer = dense.layers[0];
  const uint64_t stride = padded_count(layer.num_outputs, element);
  const Kernels& kernels = process_kernels();
  // The lanes behind a narrow layer's outputs go through its activation, too.
  std::fill(buffers, buffers + num_rows * stride, T{0});
  for (uint32_t i = 0; i < num_rows; ++i) {
    const uint64_t begin = matrix.start(first + i), end = matrix.start(first + i + 1);
    const Entries<From> row{matrix.features + begin, values + begin, end - begin};
    multiply_row(row, layer, reinterpret_cast<const T*>(dense.numbers), buffers + i * stride);
  }
  activate(layer, buffers, num_rows * stride, kernels);
  run_layers(dense, 1, static_cast<const T*>(buffers), stride, num_rows, buffers,
             kBlockRows * buffer_width(dense), kernels, scores);
}

template <class T>
void score_block(const ModelView& model, const SparseMatrix& matrix, uint64_t first,
                 uint32_t num_rows, T* buffers, double* scores) {
  if (matrix.narrow != nullptr) {
    score_block(model, matrix, matrix.narrow, first, num_rows, buffers, scores);
  } else {
    score_block(model, matrix, matrix.wide, first, num_rows, buffers, scores);
  }
}

/// A multiple of 64.
uint64_t row_scratch_bytes(const ModelView& model) {
  const DenseView dense = view_dense(model.section);
  const auto element = static_cast<DenseElement>(dense.header->element);
  return 2 * kBlockRows * buffer_width(dense) * element_bytes(element) +
         kBlockRows * model.header->num_outputs * sizeof(double);
}

/// Rows [first, end) of the matrix, to their places in `out`.
void score_rows(const ModelView& model, const SparseMatrix& matrix, uint64_t first, uint64_t end,
                OutputKind kind, uint8_t* scratch, double* out) {
  const DenseView dense = view_dense(model.section);
  const auto element = static_cast<DenseElement>(dense.header->element);
  const uint64_t width = output_width(*model.header, kind);
  const bool decides = decides_among_outputs(*model.header, kind);
  auto* const apart = reinterpret_cast<double*>(scratch + 2 * kBlockRows * buffer_width(dense) *
                                                              element_bytes(element));
  for (; first < end; first += kBlockRows) {
    const auto num_rows = static_cast<uint32_t>(std::min(kBlockRows, end - first));
    double* const to = out + first * width;
    double* const scores = decides ? apart : to;
    if (element == DenseElement::kFloat) {
      score_block(model, matrix, first, num_rows, reinterpret_cast<float*>(scratch), scores);
    } else {
      score_block(model, matrix, first, num_rows, reinterpret_cast<double*>(scratch), scores);
    }
    finish_scores(*model.header, process_kernels(), kind, num_rows, scores, to);
  }
}

[[noreturn]] void refuse(uint64_t row, const std::string& got, const std::string& expected) {
  throw Error(ErrorKind::kSchema, "Row " + std::to_string(row) + " of the sparse matrix has " +
                                      got + ", expected " + expected + ".")
      .expected(expected)
      .got(got);
}

}  // namespace

SparseMatrix matrix_of(const SparseRows& rows) {
  return {rows.narrow_starts.data(),
          rows.wide_starts.data(),
          rows.features.data(),
          rows.values.data(),
          nullptr,
          rows.num_rows,
          rows.num_entries};
}

bool takes_sparse(const ModelView& model) {
  if (model.model == nullptr || model.model->code != ModelCode::kDense) return false;
  return static_cast<LayerKind>(view_dense(model.section).layers[0].kind) == LayerKind::kDense;
}

bool joins_sparse(const BundleView& bundle) {
  return bundle.plan.num_features > kManyFeatures && !bundle.plan.wide &&
         takes_sparse(bundle.model);
}

void check_sparse(const SparseMatrix& matrix, uint32_t num_features) {
  if (matrix.start(0) != 0) {
    refuse(0, "entries from " + std::to_string(matrix.start(0)) + " on", "them to begin at 0");
  }
  for (uint64_t row = 0; row < matrix.num_rows; ++row) {
    const uint64_t begin = matrix.start(row), end = matrix.start(row + 1);
    if (end < begin || end > matrix.num_entries) {
      refuse(row, "entries up to " + std::to_string(static_cast<int64_t>(end)),
             "an end from " + std::to_string(begin) + " to " + std::to_string(matrix.num_entries));
    }
    int64_t last = -1;
    for (uint64_t i = begin; i < end; ++i) {
      const int64_t feature = matrix.features[i];
      if (feature <= last || feature >= num_features) {
        refuse(row, "the feature " + std::to_string(feature) + " behind " + std::to_string(last),
               "ascending features below " + std::to_string(num_features));
      }
      last = feature;
    }
  }
}

void predict_sparse(const BundleImage& bundle, const SparseMatrix& matrix, OutputKind kind,
                    double* out) {
  const ModelView& model = bundle.view().model;
  const uint64_t num_items = (matrix.num_rows + kItemRows - 1) / kItemRows;
  const auto run = [&](uint64_t item, uint32_t) {
    const uint64_t end = std::min(matrix.num_rows, (item + 1) * kItemRows);
    score_rows(model, matrix, item * kItemRows, end, kind, thread_scratch(row_scratch_bytes(model)),
               out);
  };
  if (num_items == 1) {
    run(0, 0);
  } else if (num_items > 1) {
    parallel_for(num_items, run);
  }
}

void predict_joined(const BundleImage& bundle, const ColumnView* columns, uint64_t first_row,
                    uint64_t num_rows, OutputKind kind, double* out) {
  const BundleView& view = bundle.view();
  const uint64_t width = output_width(view, kind);
  // Memory of its own: the columns may lie in the thread's.
  const uint64_t plan_bytes = sparse_scratch_bytes(view);
  std::vector<uint8_t> room(plan_bytes + row_scratch_bytes(view.model) + 63);
  uint8_t* const scratch = room.data() + (-reinterpret_cast<uintptr_t>(room.data()) & 63);
  for (uint64_t done = 0; done < num_rows; done += kTileRows) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, num_rows - done));
    SparseRowList list(count, view.plan.num_features);
    transform_sparse_tile(view, process_kernels(), columns, first_row + done, count, scratch,
                          thread_texts(), list.tile());
    list.append(count);
    const SparseRows rows = list.finish();
    score_rows(view.model, matrix_of(rows), 0, count, kind, scratch + plan_bytes,
               out + done * width);
  }
}

}  // namespace mainspring

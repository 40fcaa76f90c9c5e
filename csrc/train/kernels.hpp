// The inner loops of training that exist once per instruction set: one table of functions for each.
//
// Their source is the .inc files next to their drivers, compiled as kernels_baseline.cpp,
// kernels_avx2.cpp and kernels_avx512.cpp. Unlike those of the runtime, levels may differ in the
// last bits: sums are as wide as the registers, and products are fused where there is an
// instruction for it. On one machine every result is the same bits for any number of threads.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "train/embedding/tables.hpp"
#include "train/layers/normalization.hpp"
#include "train/losses/losses.hpp"
#include "train/losses/ranking.hpp"
#include "train/optimizers/optimizers.hpp"

namespace mainspring::train {

struct TrainKernels {
  /// Pools the rows of bags [first, last) of a table into `out`.
  void (*pool_bags)(const Table& table, const Bags& bags, int64_t first, int64_t last, float* out);
  /// Adds up the gradients of each row of sorted keys, and updates it: of the rows whose first key
  /// is in [first, last) of `end` keys. `scratch` holds 2 * width floats.
  void (*update_rows)(const Table& table, const Bags& bags, const uint64_t* keys, int64_t first,
                      int64_t last, int64_t end, const float* grad, const Rule& rule,
                      float* scratch);
  /// Of the rows [first, last) of a batch, each with one id a table, all tables of one width: the
  /// sum of the products of all pairs of vectors to `out`, the sum of the vectors to `sums`.
  void (*pair_rows)(const Table* tables, const Bags* bags, int64_t num_tables, int64_t first,
                    int64_t last, float* out, float* sums);
  /// Gradients of the weights of bags [first, last), from the rows as they are.
  void (*weight_gradients)(const Table& table, const Bags& bags, int64_t first, int64_t last,
                           const float* grad, float* out);

  /// x of (rows, vectors, width) to out of (rows, pairs); scratch of dot_scratch floats.
  void (*dot_forward)(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width,
                      float* scratch);
  void (*dot_backward)(const float* grad, const float* x, float* dx, int64_t rows, int64_t vectors,
                       int64_t width, float* scratch);
  /// out of (rows).
  void (*pairs_forward)(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width);
  /// `is_long`: dx of the whole batch is longer than the caches.
  void (*pairs_backward)(const float* grad, const float* x, float* dx, int64_t rows,
                         int64_t vectors, int64_t width, bool is_long);
  void (*cross_forward)(const float* x0, const float* y, const float* x, float* out, int64_t count);
  void (*cross_backward)(const float* grad, const float* x0, const float* y, float* dx0, float* dy,
                         int64_t count);

  /// Rows [first, last); the backward pass adds to dweight and dbias.
  void (*norm_forward)(const NormLayer& layer, float* out, int64_t first, int64_t last);
  void (*norm_backward)(const NormLayer& layer, const float* grad, float* dx, float* dweight,
                        float* dbias, int64_t first, int64_t last);

  /// Losses of values [first, last), their sum; false when a label or weight is out of its range.
  bool (*binary_loss)(const BinaryLoss& loss, int64_t first, int64_t last, double* sum);
  /// The loss of one row.
  float (*softmax_row)(const SoftmaxLoss& loss, int64_t row);
  /// Losses of all pairs of a query, and their gradients.
  double (*query_pairs)(const QueryRows& query);
  /// Cross-entropy of the softmax of labels and of scores; room for `count` numbers in `wanted`.
  double (*query_softmax)(const float* scores, const float* labels, int64_t count, float* wanted,
                          float* grad);
  /// out = in * factor; may be in place.
  void (*scale)(const float* in, float factor, float* out, int64_t count);

  double (*sum_of_squares)(const float* values, int64_t count);
  void (*step)(const StepRule& rule, const Slice& slice);
  /// e^x and log1p of [0, 1], as the losses use them: for tests.
  void (*exp_values)(const float* in, float* out, int64_t count);
  void (*log1p_values)(const float* in, float* out, int64_t count);
  void (*log_values)(const float* in, float* out, int64_t count);
};

/// Results of as many floats are longer than the caches: what reads them would not find them there.
inline constexpr int64_t kLongResult = 2 << 20;

/// Floats of scratch that dot_forward and dot_backward need.
constexpr int64_t dot_scratch(int64_t vectors, int64_t width) {
  return 2 * vectors * ((width + 15) / 16 * 16);
}

const TrainKernels& train_kernels_baseline() noexcept;
const TrainKernels& train_kernels_avx2() noexcept;
const TrainKernels& train_kernels_avx512() noexcept;
const TrainKernels& train_kernels(IsaLevel level) noexcept;

}  // namespace mainspring::train

// Losses of logits with their gradients in one pass over memory.
#pragma once
#include <cstdint>

#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

/// kDifference is log loss of logits minus "labels", which are logits of their own.
enum class BinaryKind : uint8_t { kCrossEntropy, kFocal, kAsymmetric, kDifference };

struct BinaryLoss {
  BinaryKind kind;
  const float* logits;
  const float* labels;
  const float* weights;  // or null
  float* losses;         // or null
  float* grad;           // or null: d(weight * loss) / d logit * grad_scale
  float grad_scale;
  float pos_weight;              // of kCrossEntropy
  float pos_factor, neg_factor;  // of the others: alpha and 1 - alpha
  float pos_gamma, neg_gamma;
  float margin;
};

struct SoftmaxLoss {
  const float* logits;
  const void* targets;
  bool wide_targets;     // int64, else int32
  const float* weights;  // or null
  float* losses;         // or null
  float* grad;           // or null; may be the logits
  float grad_scale;
  float smoothing;
  int64_t ignore;
  int64_t num_classes;

  int64_t target(int64_t row) const {
    return wide_targets ? static_cast<const int64_t*>(targets)[row]
                        : static_cast<const int32_t*>(targets)[row];
  }
};

/// Sum of the losses in float64; `bad` is the first place whose label or weight is out of its
/// range, or -1. The gradients are then not to be used.
double binary_losses(const BinaryLoss& loss, int64_t count, const TrainKernels& kernels,
                     const Workers& workers, int64_t* bad);

/// Sum of the losses in float64. `bad` is the first row whose target is no class, or -1: then
/// nothing has been written. `num_valid` is how many rows are not ignored; grad_scale is divided by
/// it when `mean`.
double softmax_losses(SoftmaxLoss loss, int64_t num_rows, bool mean, const TrainKernels& kernels,
                      const Workers& workers, int64_t* num_valid, int64_t* bad);

/// out = in * factor, in parallel.
void scale_in_parallel(const float* in, float factor, float* out, int64_t count,
                       const TrainKernels& kernels, const Workers& workers);

}  // namespace mainspring::train

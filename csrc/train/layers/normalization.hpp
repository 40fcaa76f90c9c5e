// Layer normalization with the activation and the dropout behind it, over a batch.
#pragma once
#include <cstdint>

#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

enum class Activation : uint8_t { kNone, kRelu, kGelu, kSilu };

/// dropout(activation(normalized x * weight + bias)) of rows of `width` numbers.
struct NormLayer {
  const float* x;
  const float* weight;  // or null: 1
  const float* bias;    // or null: 0
  int64_t width;
  Activation activation;
  float epsilon;
  float dropout;   // share of numbers that become 0; the others grow by 1 / (1 - dropout)
  uint64_t seed;   // which ones: a function of seed and place
  float* means;    // of each row
  float* spreads;  // of each row 1 / sqrt(variance + epsilon)
};

void norm_forward_rows(const NormLayer& layer, float* out, int64_t rows,
                       const TrainKernels& kernels, const Workers& workers);

/// dx, and the sums over rows of the gradients of weight and bias, each of `width` numbers; added
/// up in blocks whose number does not depend on the workers.
void norm_backward_rows(const NormLayer& layer, const float* grad, float* dx, float* dweight,
                        float* dbias, int64_t rows, const TrainKernels& kernels,
                        const Workers& workers);

}  // namespace mainspring::train

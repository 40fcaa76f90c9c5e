// Interactions of a row's vectors over a batch.
#pragma once
#include <cstdint>

#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

/// x of (rows, vectors, width): products of pairs to (rows, vectors * (vectors - 1) / 2), and back.
void dot_forward_rows(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width,
                      const TrainKernels& kernels, const Workers& workers);
void dot_backward_rows(const float* grad, const float* x, float* dx, int64_t rows, int64_t vectors,
                       int64_t width, const TrainKernels& kernels, const Workers& workers);

/// Their sum, (rows), and back.
void pairs_forward_rows(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width,
                        const TrainKernels& kernels, const Workers& workers);
void pairs_backward_rows(const float* grad, const float* x, float* dx, int64_t rows,
                         int64_t vectors, int64_t width, const TrainKernels& kernels,
                         const Workers& workers);

/// x0 * y + x, and the gradients of x0 and y.
void cross_forward_values(const float* x0, const float* y, const float* x, float* out,
                          int64_t count, const TrainKernels& kernels, const Workers& workers);
void cross_backward_values(const float* grad, const float* x0, const float* y, float* dx0,
                           float* dy, int64_t count, const TrainKernels& kernels,
                           const Workers& workers);

}  // namespace mainspring::train

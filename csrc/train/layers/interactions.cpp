// Interactions over a batch: blocks of rows, each with its worker's scratch.
#include "train/layers/interactions.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kBlockFloats = 32768;  // of x in one item of work: about 10 us

void for_blocks(int64_t rows, int64_t row_floats, const Workers& workers,
                const std::function<void(int64_t first, int64_t count, uint32_t worker)>& body) {
  const int64_t rows_of_block =
      std::max<int64_t>(1, kBlockFloats / std::max<int64_t>(row_floats, 1));
  workers.run((rows + rows_of_block - 1) / rows_of_block, [&](uint64_t block, uint32_t worker) {
    const int64_t first = static_cast<int64_t>(block) * rows_of_block;
    body(first, std::min(rows_of_block, rows - first), worker);
  });
}

}  // namespace

void dot_forward_rows(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width,
                      const TrainKernels& kernels, const Workers& workers) {
  const int64_t pairs = vectors * (vectors - 1) / 2, size = dot_scratch(vectors, width);
  if (pairs == 0) return;
  std::vector<float> scratch(size * workers.count);
  for_blocks(rows, vectors * width, workers, [&](int64_t first, int64_t count, uint32_t worker) {
    kernels.dot_forward(x + first * vectors * width, out + first * pairs, count, vectors, width,
                        scratch.data() + worker * size);
  });
}

void dot_backward_rows(const float* grad, const float* x, float* dx, int64_t rows, int64_t vectors,
                       int64_t width, const TrainKernels& kernels, const Workers& workers) {
  const int64_t pairs = vectors * (vectors - 1) / 2, size = dot_scratch(vectors, width);
  std::vector<float> scratch(size * workers.count);
  for_blocks(rows, vectors * width, workers, [&](int64_t first, int64_t count, uint32_t worker) {
    const int64_t at = first * vectors * width;
    kernels.dot_backward(grad + first * pairs, x + at, dx + at, count, vectors, width,
                         scratch.data() + worker * size);
  });
}

void pairs_forward_rows(const float* x, float* out, int64_t rows, int64_t vectors, int64_t width,
                        const TrainKernels& kernels, const Workers& workers) {
  for_blocks(rows, vectors * width, workers, [&](int64_t first, int64_t count, uint32_t) {
    kernels.pairs_forward(x + first * vectors * width, out + first, count, vectors, width);
  });
}

void pairs_backward_rows(const float* grad, const float* x, float* dx, int64_t rows,
                         int64_t vectors, int64_t width, const TrainKernels& kernels,
                         const Workers& workers) {
  const bool is_long = rows * vectors * width >= kLongResult;
  for_blocks(rows, vectors * width, workers, [&](int64_t place, int64_t count, uint32_t) {
    // From the last row to the first: the cache still has what the forward pass read last.
    const int64_t first = rows - place - count, at = first * vectors * width;
    kernels.pairs_backward(grad + first, x + at, dx + at, count, vectors, width, is_long);
  });
}

void cross_forward_values(const float* x0, const float* y, const float* x, float* out,
                          int64_t count, const TrainKernels& kernels, const Workers& workers) {
  for_blocks(count, 1, workers, [&](int64_t first, int64_t some, uint32_t) {
    kernels.cross_forward(x0 + first, y + first, x + first, out + first, some);
  });
}

void cross_backward_values(const float* grad, const float* x0, const float* y, float* dx0,
                           float* dy, int64_t count, const TrainKernels& kernels,
                           const Workers& workers) {
  for_blocks(count, 1, workers, [&](int64_t first, int64_t some, uint32_t) {
    kernels.cross_backward(grad + first, x0 + first, y + first, dx0 + first, dy + first, some);
  });
}

}  // namespace mainspring::train

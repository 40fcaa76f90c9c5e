// Normalization over a batch: blocks of rows; sums over rows are added up block by block.
#include "train/layers/normalization.hpp"

#include <algorithm>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kBlockFloats = 32768;  // of x in one item of work: about 20 us
constexpr int64_t kMostBlocks = 64;      // of the backward pass: each has sums of its own

}  // namespace

void norm_forward_rows(const NormLayer& layer, float* out, int64_t rows,
                       const TrainKernels& kernels, const Workers& workers) {
  const int64_t some = std::max<int64_t>(1, kBlockFloats / std::max<int64_t>(layer.width, 1));
  workers.run((rows + some - 1) / some, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * some;
    kernels.norm_forward(layer, out, first, std::min(first + some, rows));
  });
}

void norm_backward_rows(const NormLayer& layer, const float* grad, float* dx, float* dweight,
                        float* dbias, int64_t rows, const TrainKernels& kernels,
                        const Workers& workers) {
  const int64_t width = layer.width;
  const int64_t some = std::max({int64_t{1}, (rows + kMostBlocks - 1) / kMostBlocks,
                                 kBlockFloats / std::max<int64_t>(width, 1)});
  const int64_t blocks = (rows + some - 1) / some;
  std::vector<float> sums(2 * width * blocks);
  workers.run(blocks, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * some;
    float* own = sums.data() + 2 * width * static_cast<int64_t>(block);
    kernels.norm_backward(layer, grad, dx, own, own + width, first, std::min(first + some, rows));
  });
  for (int64_t i = 0; i < width; ++i) {
    double weight = 0, bias = 0;
    for (int64_t block = 0; block < blocks; ++block) {
      weight += sums[2 * width * block + i];
      bias += sums[2 * width * block + width + i];
    }
    dweight[i] = static_cast<float>(weight);
    dbias[i] = static_cast<float>(bias);
  }
}

}  // namespace mainspring::train

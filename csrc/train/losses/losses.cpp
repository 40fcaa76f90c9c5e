// Losses over all rows: blocks whose sums are added up in their order.
#include "train/losses/losses.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kBlock = 16384;  // values of one item of work: about 20 us of exp and log
// Of softmax: rows of one item of work at least, where there are as many items for threads.
constexpr int64_t kLongRows = 4, kItems = 32;

bool is_bad(const BinaryLoss& loss, int64_t place) {
  const float y = loss.labels[place];
  const bool good = loss.kind == BinaryKind::kDifference     ? true
                    : loss.kind == BinaryKind::kCrossEntropy ? y >= 0 && y <= 1
                                                             : y == 0 || y == 1;
  if (!good) return true;
  if (loss.weights == nullptr) return false;
  const float w = loss.weights[place];
  return !(w >= 0 && w < __builtin_inff());
}

}  // namespace

double binary_losses(const BinaryLoss& loss, int64_t count, const TrainKernels& kernels,
                     const Workers& workers, int64_t* bad) {
  const int64_t num_blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> sums(num_blocks);
  std::atomic<bool> good{true};
  workers.run(num_blocks, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * kBlock;
    if (!kernels.binary_loss(loss, first, std::min(first + kBlock, count), &sums[block])) {
      good.store(false, std::memory_order_relaxed);
    }
  });
  *bad = -1;
  for (int64_t i = 0; !good && *bad < 0 && i < count; ++i) {
    if (is_bad(loss, i)) *bad = i;
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

double softmax_losses(SoftmaxLoss loss, int64_t num_rows, bool mean, const TrainKernels& kernels,
                      const Workers& workers, int64_t* num_valid, int64_t* bad) {
  *num_valid = 0;
  *bad = -1;
  for (int64_t row = 0; row < num_rows; ++row) {
    const int64_t target = loss.target(row);
    if (target == loss.ignore) continue;
    if (target < 0 || target >= loss.num_classes) {
      *bad = row;
      return 0;
    }
    ++*num_valid;
  }
  if (mean && *num_valid > 0) loss.grad_scale /= static_cast<float>(*num_valid);
  // A row fetches the next one: of long rows a thread has several.
  const int64_t at_least = std::clamp<int64_t>(num_rows / kItems, 1, kLongRows);
  const int64_t rows_of_block =
      std::max<int64_t>(at_least, kBlock / std::max<int64_t>(loss.num_classes, 1));
  const int64_t num_blocks = (num_rows + rows_of_block - 1) / rows_of_block;
  std::vector<double> sums(num_blocks);
  workers.run(num_blocks, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * rows_of_block;
    const int64_t last = std::min(first + rows_of_block, num_rows);
    double sum = 0;
    for (int64_t row = first; row < last; ++row) {
      const float value = kernels.softmax_row(loss, row);
      if (loss.losses != nullptr) loss.losses[row] = value;
      sum += value;
    }
    sums[block] = sum;
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

void scale_in_parallel(const float* in, float factor, float* out, int64_t count,
                       const TrainKernels& kernels, const Workers& workers) {
  constexpr int64_t kScaled = 65536;
  workers.run((count + kScaled - 1) / kScaled, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * kScaled;
    kernels.scale(in + first, factor, out + first, std::min(kScaled, count - first));
  });
}

}  // namespace mainspring::train

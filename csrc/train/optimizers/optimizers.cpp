// Steps over all parameters, in blocks that stay in the second cache.
#include "train/optimizers/optimizers.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kBlock = 32768;
constexpr int64_t kScaled = 256;  // numbers that share a scale: blocks hold whole ones

struct Piece {
  size_t slice;
  int64_t first, count;
};

std::vector<Piece> pieces_of(std::span<const Slice> slices) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < slices.size(); ++i) {
    for (int64_t at = 0; at < slices[i].count; at += kBlock) {
      pieces.push_back({i, at, std::min(kBlock, slices[i].count - at)});
    }
  }
  return pieces;
}

void* moved(void* state, int64_t count, int64_t bytes) {
  return state == nullptr ? nullptr : static_cast<char*>(state) + count * bytes;
}

}  // namespace

double gradient_norm(std::span<const Slice> slices, const TrainKernels& kernels,
                     const Workers& workers) {
  const std::vector<Piece> pieces = pieces_of(slices);
  std::vector<double> sums(pieces.size());
  workers.run(pieces.size(), [&](uint64_t item, uint32_t) {
    const Piece& piece = pieces[item];
    sums[item] = kernels.sum_of_squares(slices[piece.slice].grad + piece.first, piece.count);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

void step_slices(const StepRule& rule, std::span<const Slice> slices, const TrainKernels& kernels,
                 const Workers& workers) {
  const std::vector<Piece> pieces = pieces_of(slices);
  const int64_t bytes = rule.states == StateType::kFloat32    ? 4
                        : rule.states == StateType::kBfloat16 ? 2
                                                              : 1;
  workers.run(pieces.size(), [&](uint64_t item, uint32_t) {
    const Piece& piece = pieces[item];
    Slice part = slices[piece.slice];
    part.values += piece.first;
    part.grad += piece.first;
    part.first = moved(part.first, piece.first, bytes);
    part.second = moved(part.second, piece.first, bytes);
    if (part.average != nullptr) part.average += piece.first;
    if (part.first_scales != nullptr) part.first_scales += piece.first / kScaled;
    if (part.second_scales != nullptr) part.second_scales += piece.first / kScaled;
    part.count = piece.count;
    StepRule own = rule;
    own.seed += item * 0x9E3779B97F4A7C15ULL;  // other random numbers in every block
    kernels.step(own, part);
  });
}

}  // namespace mainspring::train

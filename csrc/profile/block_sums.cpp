// Error-free cuts of 512 values at a time, in two lanes that the compiler keeps in registers.
#include "profile/block_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace mainspring {

namespace {

// Two lanes: what every 64-bit target has. The compiler may not reorder sums by itself.
using Lanes [[gnu::vector_size(16)]] = double;
using Masks [[gnu::vector_size(16)]] = int64_t;
constexpr uint32_t kLanes = 2;
constexpr uint32_t kVectors = kSumBlock / kLanes;
constexpr uint32_t kChains = 4;         // independent sums, to hide the latency of additions
constexpr uint32_t kHeadroomBits = 10;  // 2^10 > kSumBlock + 2
constexpr uint32_t kMaxRounds = 4;

using Block = std::array<Lanes, kVectors>;

Lanes broadcast(double value) { return Lanes{value, value}; }

Lanes size_of(Lanes value) {
  constexpr int64_t kSizeBits = 0x7FFFFFFFFFFFFFFF;
  return reinterpret_cast<Lanes>(reinterpret_cast<Masks>(value) & Masks{kSizeBits, kSizeBits});
}

double largest(const Block& block) {
  std::array<Lanes, kChains> found{};
  for (uint32_t i = 0; i < kVectors; i += kChains) {
    for (uint32_t chain = 0; chain < kChains; ++chain) {
      const Lanes size = size_of(block[i + chain]);
      found[chain] = size > found[chain] ? size : found[chain];
    }
  }
  double result = 0;
  for (const Lanes& lanes : found) result = std::max({result, lanes[0], lanes[1]});
  return result;
}

// Smallest size that is not 0; infinity when there is none.
double smallest(const Block& block) {
  std::array<Lanes, kChains> found;
  found.fill(broadcast(INFINITY));
  for (uint32_t i = 0; i < kVectors; i += kChains) {
    for (uint32_t chain = 0; chain < kChains; ++chain) {
      const Lanes size = size_of(block[i + chain]);
      const Lanes counted = size == broadcast(0) ? broadcast(INFINITY) : size;
      found[chain] = counted < found[chain] ? counted : found[chain];
    }
  }
  double result = INFINITY;
  for (const Lanes& lanes : found) result = std::min({result, lanes[0], lanes[1]});
  return result;
}

// Cuts the leading bits off all values at once by adding and taking away one power of two; what is
// cut is so coarse that plain additions of it are exact (Rump, Ogita and Oishi 2008,
// doi:10.1137/050645671). Rounds go on with the rest until nothing is left. The block is used up.
void add_all_exactly(Block* block, ExactSum* sum) {
  double size = largest(*block);
  for (uint32_t round = 0; round < kMaxRounds && size != 0; ++round) {
    int exponent = 0;
    (void)std::frexp(size, &exponent);
    if (exponent > 1000) break;
    const Lanes cutter = broadcast(std::ldexp(1.0, exponent + static_cast<int>(kHeadroomBits)));
    std::array<Lanes, kChains> sums{};
    std::array<Lanes, kChains> rest{};
    for (uint32_t i = 0; i < kVectors; i += kChains) {
      for (uint32_t chain = 0; chain < kChains; ++chain) {
        const Lanes value = (*block)[i + chain];
        const Lanes cut = (cutter + value) - cutter;
        const Lanes left = value - cut;
        (*block)[i + chain] = left;
        sums[chain] += cut;
        const Lanes left_size = size_of(left);
        rest[chain] = left_size > rest[chain] ? left_size : rest[chain];
      }
    }
    const Lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    sum->add(all[0] + all[1]);
    size = 0;
    for (const Lanes& lanes : rest) size = std::max({size, lanes[0], lanes[1]});
  }
  if (size != 0) sum->add_all(reinterpret_cast<const double*>(block->data()), kSumBlock);
}

}  // namespace

void add_block(const double* values, uint32_t count, ExactSum* sum, ExactSum* squares) {
  Block plain{};
  std::memcpy(plain.data(), values, count * sizeof(double));
  // Where a square and its rounding error are certainly doubles.
  const bool squares_fit = largest(plain) < 0x1p500 && smallest(plain) > 0x1p-480;
  if (squares_fit) {
    Block product;
    Block error;
    const Lanes splitter = broadcast(134217729);  // 2^27 + 1: Veltkamp, Dekker (1971)
    for (uint32_t i = 0; i < kVectors; ++i) {
      const Lanes value = plain[i];
      const Lanes scaled = splitter * value;
      const Lanes high = scaled - (scaled - value);
      const Lanes low = value - high;
      const Lanes square = value * value;
      const Lanes twice = high * low;
      product[i] = square;
      error[i] = ((high * high - square) + (twice + twice)) + low * low;
    }
    add_all_exactly(&product, squares);
    add_all_exactly(&error, squares);
  } else {
    for (uint32_t i = 0; i < count; ++i) squares->add_product(values[i], values[i]);
  }
  add_all_exactly(&plain, sum);
}

}  // namespace mainspring

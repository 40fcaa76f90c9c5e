// HyperLogLog registers: update, merge, estimate.
#include "profile/distinct_sketch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mainspring {

namespace {

constexpr uint32_t kHashBits = 64 - DistinctSketch::kPrecision;

// Ertl's correction for registers that are still zero: x + sum x^(2^k) 2^(k-1).
double sigma(double x) {
  if (x == 1) return INFINITY;
  double weight = 1;
  double sum = x;
  for (double previous = -1; sum != previous;) {
    previous = sum;
    x *= x;
    sum += x * weight;
    weight += weight;
  }
  return sum;
}

// And for registers that are full.
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double weight = 1;
  double sum = 1 - x;
  for (double previous = -1; sum != previous;) {
    previous = sum;
    x = std::sqrt(x);
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

void DistinctSketch::merge(const DistinctSketch& other) {
  for (uint32_t i = 0; i < kRegisters; ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

double DistinctSketch::estimate() const {
  std::array<uint32_t, kHashBits + 2> with_rank{};
  for (const uint8_t rank : registers_) ++with_rank[rank];
  constexpr double kCount = kRegisters;
  double sum = kCount * tau(1 - with_rank[kHashBits + 1] / kCount);
  for (uint32_t rank = kHashBits; rank >= 1; --rank) sum = 0.5 * (sum + with_rank[rank]);
  sum += kCount * sigma(with_rank[0] / kCount);
  return kCount * kCount / (2 * std::log(2.0)) / sum;
}

void DistinctSketch::write(StateWriter& writer) const { writer.put_all(registers_); }

DistinctSketch DistinctSketch::read(StateReader& reader) {
  DistinctSketch sketch;
  sketch.registers_ = reader.get_all<uint8_t>();
  if (sketch.registers_.size() != kRegisters) StateReader::fail();
  for (const uint8_t rank : sketch.registers_) {
    if (rank > kHashBits + 1) StateReader::fail();
  }
  return sketch;
}

}  // namespace mainspring

// Values at neighbouring ranks of many numbers, a median above all: a sample says between which two
// bounds they lie, one pass counts what is below and keeps the few numbers between.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "profile/block_sums.hpp"

namespace mainspring {

/// The numbers at `ranks`, ascending, to `found`; exact. False, with nothing found, where the
/// numbers are few, the ranks lie far apart, or the sample misled. No NaN, and no -0, among them.
inline bool select_near(std::span<const double> values, std::span<const uint64_t> ranks,
                        double* found) {
  constexpr uint64_t kSample = 1024;
  // Three standard deviations of the place of a number of middle rank in the sample.
  constexpr uint64_t kMargin = 48;
  const uint64_t size = values.size();
  if (size < 16 * kSample || ranks.back() - ranks.front() > size / kSample) return false;
  double sample[kSample];
  for (uint64_t i = 0; i < kSample; ++i) sample[i] = values[i * size / kSample];
  std::sort(sample, sample + kSample);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const uint64_t first = ranks.front() * kSample / size;
  const uint64_t last = ranks.back() * kSample / size + kMargin;
  const double low = first < kMargin ? -kInfinity : sample[first - kMargin];
  const double high = last < kSample ? sample[last] : kInfinity;

  constexpr uint64_t kBlock = kSumBlock;
  // As many again as are expected; of equal numbers there may be more.
  std::vector<double> between(2 * (2 * kMargin + 1) * (size / kSample) + kBlock);
  uint64_t below = 0, kept = 0;
  for (uint64_t begin = 0; begin < size; begin += kBlock) {
    const uint64_t end = std::min(size, begin + kBlock);
    if (kept + kBlock > between.size()) return false;
    kept +=
        pack_between(values.subspan(begin, end - begin), low, high, between.data() + kept, &below);
  }
  if (ranks.front() < below || ranks.back() - below >= kept) return false;
  auto from = between.begin();
  const auto end = between.begin() + static_cast<std::ptrdiff_t>(kept);
  for (const uint64_t rank : ranks) {
    const auto at = between.begin() + static_cast<std::ptrdiff_t>(rank - below);
    if (at >= from) std::nth_element(from, at, end);
    from = at + 1;
    *found++ = *at;
  }
  return true;
}

}  // namespace mainspring

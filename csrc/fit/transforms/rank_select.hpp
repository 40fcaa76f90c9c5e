// Values at given ranks, by selection on the bits of the numbers, without sorting: a histogram,
// then only the bins that hold a wanted rank.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// Unsigned order of the keys is the order of the numbers.
inline uint64_t key_of(double value) {
  const auto bits = __builtin_bit_cast(uint64_t, value);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

inline double value_of(uint64_t key) {
  return __builtin_bit_cast(double, (key >> 63) != 0 ? key & ~(uint64_t{1} << 63) : ~key);
}

/// Values with the same bits, and how many.
struct Candidate {
  uint64_t key;
  uint64_t count;
};

/// What select_ranks() reads: calls visit(key, count) for each entry.
struct EachCandidate {
  const std::vector<Candidate>& candidates;
  template <class Visit>
  void operator()(const Visit& visit) const {
    for (const Candidate& candidate : candidates) visit(candidate.key, candidate.count);
  }
};

inline void select_sorted(std::vector<Candidate>* candidates, std::span<const uint64_t> ranks,
                          uint64_t before, uint64_t* keys) {
  std::sort(candidates->begin(), candidates->end(),
            [](const Candidate& a, const Candidate& b) { return a.key < b.key; });
  size_t at = 0;
  for (const uint64_t rank : ranks) {
    while (rank - before >= (*candidates)[at].count) before += (*candidates)[at++].count;
    *keys++ = (*candidates)[at].key;
  }
}

/// The keys at `ranks`, ascending, among the entries, of which the first has rank `before`. The
/// bins of the histogram divide the range of the keys evenly.
template <class Each>
void select_ranks(const Each& each, size_t num_entries, std::span<const uint64_t> ranks,
                  uint64_t before, uint64_t* keys) {
  constexpr size_t kFewEntries = 256;
  uint64_t low = UINT64_MAX;
  uint64_t high = 0;
  each([&](uint64_t key, uint64_t) {
    low = std::min(low, key);
    high = std::max(high, key);
  });
  const int bits = std::clamp(static_cast<int>(std::bit_width(num_entries)) - 2, 4, 16);
  const int shift = std::max(0, static_cast<int>(std::bit_width(high - low)) - bits);
  std::vector<uint64_t> counts(((high - low) >> shift) + 1);
  each([&](uint64_t key, uint64_t count) { counts[(key - low) >> shift] += count; });

  struct Wanted {
    uint64_t bin;
    uint64_t before;
    size_t first;  // of the ranks
    size_t end;
    std::vector<Candidate> candidates;
  };
  std::vector<Wanted> wanted;
  uint64_t bin = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    for (; ranks[i] - before >= counts[bin]; ++bin) before += counts[bin];
    if (wanted.empty() || wanted.back().bin != bin) wanted.push_back({bin, before, i, i, {}});
    wanted.back().end = i + 1;
  }
  if (shift == 0) {  // a bin holds a single key
    for (const Wanted& one : wanted) std::fill(keys + one.first, keys + one.end, low + one.bin);
    return;
  }
  std::fill(counts.begin(), counts.end(), 0);
  for (size_t i = 0; i < wanted.size(); ++i) counts[wanted[i].bin] = i + 1;
  each([&](uint64_t key, uint64_t count) {
    const uint64_t place = counts[(key - low) >> shift];
    if (place != 0) wanted[place - 1].candidates.push_back({key, count});
  });
  for (Wanted& one : wanted) {
    const std::span<const uint64_t> inside = ranks.subspan(one.first, one.end - one.first);
    if (one.candidates.size() <= kFewEntries) {
      select_sorted(&one.candidates, inside, one.before, keys + one.first);
    } else {
      select_ranks(EachCandidate{one.candidates}, one.candidates.size(), inside, one.before,
                   keys + one.first);
    }
  }
}

}  // namespace mainspring

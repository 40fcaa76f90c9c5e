// Medians and quantiles are found by selection on the bits of the numbers, without sorting: a
// histogram, then only the bins that hold a wanted rank. Sorting, where states are merged or
// written, is by a radix over the same bits.
#include "fit/transforms/value_runs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>

namespace mainspring {

namespace {

using Run = ValueRuns::Run;

/// Unsigned order of the keys is the order of the numbers.
uint64_t key_of(double value) {
  const auto bits = __builtin_bit_cast(uint64_t, value);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

double value_of(uint64_t key) {
  return __builtin_bit_cast(double, (key >> 63) != 0 ? key & ~(uint64_t{1} << 63) : ~key);
}

/// Least significant digit first, 11 bits a pass; passes where all keys agree are skipped, which
/// are most of them for integers and for numbers of few digits.
void radix_sort(std::vector<uint64_t>* keys) {
  constexpr uint32_t kBits = 11;
  constexpr uint32_t kPasses = 6;
  std::array<std::array<uint32_t, 1 << kBits>, kPasses> counts{};
  for (const uint64_t key : *keys) {
    for (uint32_t pass = 0; pass < kPasses; ++pass) {
      ++counts[pass][(key >> (pass * kBits)) & ((1 << kBits) - 1)];
    }
  }
  std::vector<uint64_t> other(keys->size());
  for (uint32_t pass = 0; pass < kPasses; ++pass) {
    auto& count = counts[pass];
    const uint32_t any_digit = (keys->front() >> (pass * kBits)) & ((1 << kBits) - 1);
    if (count[any_digit] == keys->size()) continue;
    uint32_t begin = 0;
    for (uint32_t& digit : count) {
      const uint32_t here = digit;
      digit = begin;
      begin += here;
    }
    for (const uint64_t key : *keys) {
      other[count[(key >> (pass * kBits)) & ((1 << kBits) - 1)]++] = key;
    }
    keys->swap(other);
  }
}

std::vector<Run> sorted_runs(const std::vector<double>& values) {
  std::vector<Run> runs;
  if (values.empty()) return runs;
  std::vector<uint64_t> keys(values.size());
  std::transform(values.begin(), values.end(), keys.begin(), key_of);
  radix_sort(&keys);
  for (size_t i = 0; i < keys.size();) {
    size_t end = i + 1;
    while (end < keys.size() && keys[end] == keys[i]) ++end;
    runs.push_back(Run{value_of(keys[i]), end - i});
    i = end;
  }
  return runs;
}

std::vector<Run> merged(const std::vector<Run>& a, const std::vector<Run>& b) {
  std::vector<Run> out;
  out.reserve(a.size() + b.size());
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i].value < b[j].value) {
      out.push_back(a[i++]);
    } else if (b[j].value < a[i].value) {
      out.push_back(b[j++]);
    } else {
      out.push_back(Run{a[i].value, a[i].count + b[j].count});
      ++i;
      ++j;
    }
  }
  out.insert(out.end(), a.begin() + static_cast<ptrdiff_t>(i), a.end());
  out.insert(out.end(), b.begin() + static_cast<ptrdiff_t>(j), b.end());
  return out;
}

uint64_t total_of(const std::vector<Run>& runs) {
  uint64_t total = 0;
  for (const Run& run : runs) total += run.count;
  return total;
}

struct Candidate {
  uint64_t key;
  uint64_t count;
};

/// What select() reads: calls visit(key, count) for each entry.
struct EachCandidate {
  const std::vector<Candidate>& candidates;
  template <class Visit>
  void operator()(const Visit& visit) const {
    for (const Candidate& candidate : candidates) visit(candidate.key, candidate.count);
  }
};

void select_sorted(std::vector<Candidate>* candidates, std::span<const uint64_t> ranks,
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
void select(const Each& each, size_t num_entries, std::span<const uint64_t> ranks, uint64_t before,
            uint64_t* keys) {
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
      select(EachCandidate{one.candidates}, one.candidates.size(), inside, one.before,
             keys + one.first);
    }
  }
}

}  // namespace

namespace {

/// A table of counts is no help.
bool most_differ(const NumberCounts& counts) {
  return counts.distinct() > 1024 && counts.total() < 2 * uint64_t{counts.distinct()};
}

}  // namespace

void ValueRuns::add(const double* values, uint64_t count) {
  std::array<double, 512> canonical;
  while (count > 0) {
    const uint64_t block = std::min<uint64_t>(count, canonical.size());
    for (uint64_t i = 0; i < block; ++i) canonical[i] = values[i] + 0.0;  // -0 becomes 0
    uint64_t done = 0;
    if (few_) {
      done = counts_.add(canonical.data(), block);
      if (done < block || most_differ(counts_)) spill();
    }
    if (done < block) {
      pending_.insert(pending_.end(), canonical.begin() + static_cast<ptrdiff_t>(done),
                      canonical.begin() + static_cast<ptrdiff_t>(block));
      if (pending_.size() >= limit_) compact();
    }
    values += block;
    count -= block;
  }
}

void ValueRuns::spill() {
  if (most_differ(counts_)) {
    counts_.for_each(
        [&](double value, uint64_t count) { pending_.insert(pending_.end(), count, value); });
  } else {
    const NumberRuns all = counts_.runs();
    for (size_t i = 0; i < all.values.size(); ++i) {
      runs_.push_back(Run{all.values[i], all.counts[i]});
    }
    runs_total_ = total_of(runs_);
  }
  counts_ = NumberCounts();
  few_ = false;
}

void ValueRuns::compact() {
  if (pending_.empty()) return;
  runs_ = merged(runs_, sorted_runs(pending_));
  runs_total_ += pending_.size();
  pending_.clear();
  limit_ = std::max(limit_, runs_.size());
}

void ValueRuns::add_repeated(double value, uint64_t count) {
  if (count == 0) return;
  if (few_ && counts_.add_repeated(value + 0.0, count)) return;
  if (few_) spill();
  runs_ = merged(runs_, {Run{value + 0.0, count}});
  runs_total_ += count;
}

void ValueRuns::merge(const ValueRuns& other) {
  if (few_ && other.few_) {
    const NumberRuns all = other.counts_.runs();
    for (size_t i = 0; i < all.values.size(); ++i) add_repeated(all.values[i], all.counts[i]);
    return;
  }
  if (few_) spill();
  runs_ = merged(runs_, other.runs());
  runs_total_ = total_of(runs_);
  limit_ = std::max(limit_, runs_.size());
}

uint64_t ValueRuns::total() const { return counts_.total() + runs_total_ + pending_.size(); }

std::vector<Run> ValueRuns::runs() const {
  ValueRuns copy = *this;
  if (copy.few_) copy.spill();
  copy.compact();
  return std::move(copy.runs_);
}

template <class Visit>
void ValueRuns::for_each_key(const Visit& visit) const {
  counts_.for_each([&](double value, uint64_t count) { visit(key_of(value), count); });
  for (const Run& run : runs_) visit(key_of(run.value), run.count);
  for (const double value : pending_) visit(key_of(value), 1);
}

/// The values at ascending ranks.
std::vector<double> ValueRuns::values_at(const std::vector<uint64_t>& ranks) const {
  std::vector<uint64_t> keys(ranks.size());
  select([this](const auto& visit) { for_each_key(visit); },
         counts_.distinct() + runs_.size() + pending_.size(), ranks, 0, keys.data());
  std::vector<double> values(ranks.size());
  std::transform(keys.begin(), keys.end(), values.begin(), value_of);
  return values;
}

double ValueRuns::median() const {
  const uint64_t count = total();
  const std::vector<double> middle = values_at({(count - 1) / 2, count / 2});
  const double low = middle[0];
  const double high = middle[1];
  if (low == high) return low;
  // Halves first where the sum would overflow.
  const double sum = low + high;
  return std::isfinite(sum) ? sum / 2 : low / 2 + high / 2;
}

namespace {

/// low + (high - low) * share, from the nearer end, so that it never leaves [low, high].
/// share + rest = 1.
double between(double low, double high, double share, double rest) {
  if (share == 0 || low == high) return low;
  const double width = high - low;
  if (!std::isfinite(width)) return low * rest + high * share;
  return share < 0.5 ? low + width * share : high - width * rest;
}

}  // namespace

std::vector<double> ValueRuns::quantiles(uint64_t parts) const {
  std::vector<double> found = all_quantiles(parts + 1);
  if (found.empty()) return found;
  found.pop_back();
  found.erase(found.begin());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<double> ValueRuns::all_quantiles(uint64_t count) const {
  std::vector<double> found;
  if (empty() || count == 0) return found;
  const uint64_t parts = count > 1 ? count - 1 : 1;
  // rank = (total - 1) * i / parts as a whole and a part, without leaving 64 bits.
  const uint64_t last = total() - 1;
  const uint64_t whole = last / parts;
  const uint64_t left = last % parts;
  const auto rank_of = [&](uint64_t i) { return whole * i + left * i / parts; };
  std::vector<uint64_t> ranks;  // those of the quantiles, each with its neighbour above
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t rank = rank_of(i);
    if (ranks.empty() || ranks.back() < rank) ranks.push_back(rank);
    if (rank < last && ranks.back() == rank) ranks.push_back(rank + 1);
  }
  const std::vector<double> values = values_at(ranks);
  size_t at = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t rank = rank_of(i);
    const uint64_t part = left * i % parts;
    while (ranks[at] < rank) ++at;
    found.push_back(between(values[at], values[rank < last ? at + 1 : at],
                            static_cast<double>(part) / static_cast<double>(parts),
                            static_cast<double>(parts - part) / static_cast<double>(parts)));
  }
  return found;
}

double ValueRuns::quantile(double level) const {
  const uint64_t last = total() - 1;
  const double rank = static_cast<double>(last) * level;
  const double whole = std::floor(rank);
  const auto below = static_cast<uint64_t>(whole);
  const std::vector<double> values = values_at({below, std::min(below + 1, last)});
  return rank == whole ? values[0]
                       : between(values[0], values[1], rank - whole, 1 - (rank - whole));
}

double ValueRuns::most_frequent() const {
  const std::vector<Run> all = runs();
  return std::max_element(all.begin(), all.end(),
                          [](const Run& a, const Run& b) { return a.count < b.count; })
      ->value;
}

void ValueRuns::write(StateWriter& writer) const {
  const std::vector<Run> all = runs();
  writer.put<uint64_t>(all.size());
  for (const Run& run : all) {
    writer.put(run.value);
    writer.put(run.count);
  }
}

void ValueRuns::read(StateReader& reader) {
  *this = ValueRuns();
  std::vector<Run> all(reader.get_count(16));
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].value = reader.get<double>();
    all[i].count = reader.get<uint64_t>();
    const bool ascending = i == 0 ? !std::isnan(all[i].value) : all[i - 1].value < all[i].value;
    const bool negative_zero = all[i].value == 0 && std::signbit(all[i].value);
    if (!ascending || negative_zero || all[i].count == 0 || all[i].count >> 48 != 0) {
      StateReader::fail();
    }
  }
  if (all.size() <= NumberCounts::kMaxDistinct) {
    for (const Run& run : all) add_repeated(run.value, run.count);
    return;
  }
  few_ = false;
  runs_total_ = total_of(all);
  runs_ = std::move(all);
  limit_ = std::max(limit_, runs_.size());
}

}  // namespace mainspring

// Medians are found by selection on the bits of the numbers, 16 at a time, without sorting;
// sorting, where states are merged or written, is by a radix over the same bits.
#include "fit/transforms/value_runs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

/// The key at a rank among the candidates, 16 bits of it known more after each pass.
uint64_t select(std::vector<Candidate> candidates, uint64_t rank) {
  std::vector<uint64_t> counts(1 << 16);
  for (int shift = 48; candidates.size() > 1; shift -= 16) {
    if (candidates.size() < 4096 || shift < 0) break;
    std::fill(counts.begin(), counts.end(), 0);
    for (const Candidate& c : candidates) counts[(c.key >> shift) & 0xffff] += c.count;
    uint64_t digit = 0;
    for (; rank >= counts[digit]; ++digit) rank -= counts[digit];
    std::erase_if(candidates,
                  [&](const Candidate& c) { return ((c.key >> shift) & 0xffff) != digit; });
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.key < b.key; });
  size_t i = 0;
  for (; rank >= candidates[i].count; ++i) rank -= candidates[i].count;
  return candidates[i].key;
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
      if (done < block) spill();
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
  const NumberRuns all = counts_.runs();
  for (size_t i = 0; i < all.values.size(); ++i) {
    runs_.push_back(Run{all.values[i], all.counts[i]});
  }
  runs_total_ = total_of(runs_);
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

double ValueRuns::value_at(uint64_t rank) const {
  if (few_) {
    const NumberRuns all = counts_.runs();
    size_t i = 0;
    for (; rank >= all.counts[i]; ++i) rank -= all.counts[i];
    return all.values[i];
  }
  // The first pass over the runs and the buffer themselves: only one bin of them is copied.
  std::vector<uint64_t> counts(1 << 16);
  for (const Run& run : runs_) counts[key_of(run.value) >> 48] += run.count;
  for (const double value : pending_) ++counts[key_of(value) >> 48];
  uint64_t digit = 0;
  for (; rank >= counts[digit]; ++digit) rank -= counts[digit];
  std::vector<Candidate> candidates;
  for (const Run& run : runs_) {
    if (key_of(run.value) >> 48 == digit) candidates.push_back({key_of(run.value), run.count});
  }
  for (const double value : pending_) {
    if (key_of(value) >> 48 == digit) candidates.push_back({key_of(value), 1});
  }
  return value_of(select(std::move(candidates), rank));
}

double ValueRuns::median() const {
  const uint64_t count = total();
  const double low = value_at((count - 1) / 2);
  const double high = count % 2 == 1 ? low : value_at(count / 2);
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
  std::vector<double> found;
  const std::vector<Run> all = runs();
  if (all.empty()) return found;
  // rank = (total - 1) * i / parts as a whole and a part, without leaving 64 bits.
  const uint64_t whole = (total() - 1) / parts;
  const uint64_t left = (total() - 1) % parts;
  size_t run = 0;
  uint64_t before = 0;  // values below all[run]
  for (uint64_t i = 1; i < parts; ++i) {
    const uint64_t rank = whole * i + left * i / parts;
    const uint64_t part = left * i % parts;
    while (rank >= before + all[run].count) before += all[run++].count;
    const bool last_of_run = rank + 1 == before + all[run].count && run + 1 < all.size();
    const double value = between(all[run].value, all[last_of_run ? run + 1 : run].value,
                                 static_cast<double>(part) / static_cast<double>(parts),
                                 static_cast<double>(parts - part) / static_cast<double>(parts));
    if (found.empty() || found.back() < value) found.push_back(value);
  }
  return found;
}

double ValueRuns::quantile(double level) const {
  const double rank = static_cast<double>(total() - 1) * level;
  const double whole = std::floor(rank);
  const double low = value_at(static_cast<uint64_t>(whole));
  if (rank == whole) return low;
  const double high = value_at(static_cast<uint64_t>(whole) + 1);
  return between(low, high, rank - whole, 1 - (rank - whole));
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

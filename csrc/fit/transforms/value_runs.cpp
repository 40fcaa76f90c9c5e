// Sorting is by a radix over order-preserving bits: several times faster than comparisons, and the
// buffer is sorted once for each doubling of the runs.
#include "fit/transforms/value_runs.hpp"

#include <algorithm>
#include <array>

namespace mainspring {

namespace {

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
    const uint32_t first_digit = (keys->front() >> (pass * kBits)) & ((1 << kBits) - 1);
    if (count[first_digit] == keys->size()) continue;
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

}  // namespace

std::vector<ValueRuns::Run> ValueRuns::merged(const std::vector<Run>& a,
                                              const std::vector<Run>& b) {
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

void ValueRuns::compact() {
  if (pending_.empty()) return;
  std::vector<uint64_t> keys(pending_.size());
  std::transform(pending_.begin(), pending_.end(), keys.begin(), key_of);
  pending_.clear();
  radix_sort(&keys);
  std::vector<Run> fresh;
  for (size_t i = 0; i < keys.size();) {
    size_t end = i + 1;
    while (end < keys.size() && keys[end] == keys[i]) ++end;
    fresh.push_back(Run{value_of(keys[i]), end - i});
    i = end;
  }
  runs_ = runs_.empty() ? std::move(fresh) : merged(runs_, fresh);
  limit_ = std::max<size_t>(1 << 16, runs_.size());
}

void ValueRuns::add_repeated(double value, uint64_t count) {
  if (count == 0) return;
  runs_ = merged(runs_, {Run{value + 0.0, count}});
}

void ValueRuns::merge(const ValueRuns& other) { runs_ = merged(runs_, other.runs()); }

std::vector<ValueRuns::Run> ValueRuns::runs() const {
  ValueRuns copy = *this;
  copy.compact();
  return std::move(copy.runs_);
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
  runs_.resize(reader.get_count(16));
  for (size_t i = 0; i < runs_.size(); ++i) {
    runs_[i].value = reader.get<double>();
    runs_[i].count = reader.get<uint64_t>();
    const bool ascending =
        i == 0 ? runs_[i].value == runs_[i].value : runs_[i - 1].value < runs_[i].value;
    if (!ascending || runs_[i].count == 0) StateReader::fail();
  }
  limit_ = std::max<size_t>(limit_, runs_.size());
}

double median_of(const std::vector<ValueRuns::Run>& runs) {
  uint64_t total = 0;
  for (const auto& run : runs) total += run.count;
  const auto value_at = [&](uint64_t rank) {
    size_t i = 0;
    for (uint64_t before = runs[0].count; before <= rank; before += runs[i].count) ++i;
    return runs[i].value;
  };
  const double low = value_at((total - 1) / 2);
  const double high = value_at(total / 2);
  if (low == high) return low;
  // Halves first where the sum would overflow.
  const double sum = low + high;
  return sum - sum == 0 ? sum / 2 : low / 2 + high / 2;
}

double most_frequent_of(const std::vector<ValueRuns::Run>& runs) {
  return std::max_element(runs.begin(), runs.end(),
                          [](const auto& a, const auto& b) { return a.count < b.count; })
      ->value;
}

}  // namespace mainspring

// A hash table from number to count, and the exact distribution it gives.
#include "profile/number_counts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mainspring {

namespace {

constexpr uint32_t kFirstSlots = 64;
constexpr double kEndOfWhole = 4096;  // 32 KB, of which a column of heavy tails asks for the front

// Inlined: one multiplication spreads integers, whose low mantissa bits are all zero, and fractions
// alike over the high bits.
uint64_t spread(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  return (bits ^ (bits >> 32)) * 0x9E3779B97F4A7C15ull;
}

}  // namespace

NumberCounts::Slot* NumberCounts::find(double value) {
  const uint64_t mask = slots_.size() - 1;
  uint64_t at = spread(value) >> shift_;
  while (slots_[at].count != 0 && slots_[at].value != value) at = (at + 1) & mask;
  return &slots_[at];
}

void NumberCounts::grow() {
  const uint64_t num_slots = slots_.empty() ? kFirstSlots : slots_.size() * 4;
  std::vector<Slot> old(num_slots, Slot{0, 0});
  old.swap(slots_);
  shift_ = 64 - static_cast<uint32_t>(std::countr_zero(num_slots));
  for (const Slot& slot : old) {
    if (slot.count != 0) *find(slot.value) = slot;
  }
}

/// Where the value is counted; null when it is new and there is no room.
inline uint64_t* NumberCounts::count_of(double value) {
  if (value >= 0 && value < kEndOfWhole) {
    const auto whole = static_cast<uint32_t>(value);
    if (static_cast<double>(whole) == value) {
      if (whole >= whole_.size()) whole_.resize(std::bit_ceil(whole + 1));
      if (whole_[whole] != 0) return &whole_[whole];
      if (num_used_ == kMaxDistinct) return nullptr;
      ++num_used_;
      return &whole_[whole];
    }
  }
  if (2 * uint64_t{num_slots_used_} >= slots_.size()) grow();
  Slot* slot = find(value);
  if (slot->count == 0) {
    if (num_used_ == kMaxDistinct) return nullptr;
    ++num_used_;
    ++num_slots_used_;
    slot->value = value;
  }
  return &slot->count;
}

bool NumberCounts::add_repeated(double value, uint64_t count) {
  if (count == 0) return true;
  uint64_t* const counted = count_of(value);
  if (counted == nullptr) return false;
  *counted += count;
  total_ += count;
  return true;
}

uint64_t NumberCounts::add(const double* values, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t* const counted = count_of(values[i]);
    if (counted == nullptr) return i;
    ++*counted;
    ++total_;
  }
  return count;
}

NumberRuns NumberCounts::runs() const {
  std::vector<Slot> used;
  used.reserve(num_used_);
  for_each([&](double value, uint64_t count) { used.push_back({value, count}); });
  std::sort(used.begin(), used.end(),
            [](const Slot& a, const Slot& b) { return a.value < b.value; });
  NumberRuns runs;
  runs.values.reserve(used.size());
  runs.counts.reserve(used.size());
  for (const Slot& slot : used) {
    runs.values.push_back(slot.value);
    runs.counts.push_back(slot.count);
  }
  return runs;
}

void NumberCounts::write(StateWriter& writer) const {
  const NumberRuns all = runs();
  writer.put_all(all.values);
  writer.put_all(all.counts);
}

NumberCounts NumberCounts::read(StateReader& reader) {
  const std::vector<double> values = reader.get_all<double>();
  const std::vector<uint64_t> counts = reader.get_all<uint64_t>();
  if (values.size() != counts.size() || values.size() > kMaxDistinct) StateReader::fail();
  NumberCounts result;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool negative_zero = values[i] == 0 && std::signbit(values[i]);
    if (std::isnan(values[i]) || negative_zero || counts[i] == 0) StateReader::fail();
    if (i > 0 && values[i - 1] >= values[i]) StateReader::fail();
    if (result.total_ + counts[i] < result.total_) StateReader::fail();
    result.add_repeated(values[i], counts[i]);
  }
  return result;
}

}  // namespace mainspring

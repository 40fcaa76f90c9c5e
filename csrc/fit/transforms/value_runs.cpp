// Medians and quantiles are found by selection on the bits of the numbers (rank_select.hpp); sorted
// is only where states are merged or written, or hold much.
#include "fit/transforms/value_runs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "fit/transforms/rank_select.hpp"
#include "fit/transforms/sampled_ranks.hpp"
#include "profile/sort_numbers.hpp"

namespace mainspring {

namespace {

using Run = ValueRuns::Run;

/// The runs with ascending values among them.
std::vector<Run> merged(const std::vector<Run>& runs, std::span<const double> values) {
  std::vector<Run> out;
  out.reserve(runs.size() + values.size());
  size_t at = 0;
  for (size_t i = 0; i < values.size();) {
    size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    Run run{values[i], end - i};
    while (at < runs.size() && runs[at].value < run.value) out.push_back(runs[at++]);
    if (at < runs.size() && runs[at].value == run.value) run.count += runs[at++].count;
    out.push_back(run);
    i = end;
  }
  out.insert(out.end(), runs.begin() + static_cast<ptrdiff_t>(at), runs.end());
  return out;
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

/// A table of counts is no help.
bool most_differ(const NumberCounts& counts) {
  return counts.distinct() > 1024 && counts.total() < 2 * uint64_t{counts.distinct()};
}

constexpr uint64_t kFewestLevelItems = 4096;
constexpr uint64_t kMostLevelItems = 1 << 24;

/// Room of a sketch's level, so that all levels together hold about as much as what they stand for.
uint32_t level_items(uint64_t max_values) {
  return static_cast<uint32_t>(
      std::clamp(std::bit_floor(max_values / 16), kFewestLevelItems, kMostLevelItems));
}

}  // namespace

void ValueRuns::add(const double* values, uint64_t count, uint64_t max_values, uint64_t expected) {
  std::array<double, 512> canonical;
  median_.reset();
  while (count > 0) {
    if (!sketch_.has_value() && total() >= look_at_) look(max_values);
    uint64_t block = std::min<uint64_t>(count, canonical.size());
    // Batches must not decide what has been seen when it is looked again.
    if (!sketch_.has_value()) block = std::min(block, look_at_ - total());
    const bool waits = !few_ && !sketch_.has_value();
    for (uint64_t i = 0; !waits && i < block; ++i) canonical[i] = values[i] + 0.0;  // -0 becomes 0
    if (waits) {
      // When it is looked, all that waits is merged.
      pending_.append(std::span(values, block), std::min(expected, look_at_ - total()));
    } else if (sketch_.has_value()) {
      const auto [least, greatest] =
          std::minmax_element(canonical.begin(), canonical.begin() + static_cast<ptrdiff_t>(block));
      widen(*least, *greatest);
      sketch_->add(canonical.data(), block);
    } else {
      count_block(std::span(canonical).first(block));
    }
    values += block;
    count -= block;
  }
}

void ValueRuns::count_block(std::span<const double> values) {
  uint64_t done = 0;
  if (few_) {
    done = counts_.add(values.data(), values.size());
    if (done < values.size() || most_differ(counts_)) spill();
  }
  pending_.append(values.subspan(done));
}

void ValueRuns::look(uint64_t max_values) {
  // A step of half of what is there keeps merging cheap, and no step is so long that a small limit
  // means nothing.
  constexpr uint64_t kStep = 1 << 20;
  constexpr uint64_t kShortestStep = 1024;
  limit(max_values);
  if (sketch_.has_value()) return;
  const uint64_t distinct = few_ ? counts_.distinct() : runs_.size();
  look_at_ = total() + std::max(distinct / 2, std::min(kStep, std::max(max_values, kShortestStep)));
}

void ValueRuns::limit(uint64_t max_values) {
  median_.reset();
  if (sketch_.has_value()) return;
  if (!few_) compact();
  if ((few_ ? counts_.distinct() : runs_.size()) > max_values)
    begin_sketch(level_items(max_values));
}

void ValueRuns::begin_sketch(uint32_t level_items) {
  const std::vector<Run> all = runs();
  *this = ValueRuns();
  sketch_.emplace(level_items);
  add_to_sketch(all);
}

void ValueRuns::add_to_sketch(const std::vector<Run>& runs) {
  if (runs.empty()) return;
  std::vector<double> values;
  std::vector<uint64_t> counts;
  for (const Run& run : runs) {
    values.push_back(run.value);
    counts.push_back(run.count);
  }
  widen(values.front(), values.back());
  sketch_->add_runs(values, counts);
}

void ValueRuns::widen(double least, double greatest) {
  least_ = std::min(least_, least);
  greatest_ = std::max(greatest_, greatest);
}

void ValueRuns::spill() {
  if (most_differ(counts_)) {
    counts_.for_each([&](double value, uint64_t count) { pending_.append(count, value); });
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
  sort_many_numbers(pending_.data(), pending_.size());
  runs_ = merged(runs_, pending_.numbers());
  runs_total_ += pending_.size();
  pending_.clear();
}

void ValueRuns::add_repeated(double value, uint64_t count) {
  if (count == 0) return;
  median_.reset();
  if (sketch_.has_value()) return add_to_sketch({Run{value + 0.0, count}});
  if (few_ && counts_.add_repeated(value + 0.0, count)) return;
  if (few_) spill();
  runs_ = merged(runs_, {Run{value + 0.0, count}});
  runs_total_ += count;
}

void ValueRuns::merge(const ValueRuns& other) {
  median_.reset();
  if (other.sketch_.has_value()) {
    if (!sketch_.has_value()) begin_sketch(other.sketch_->level_items());
    widen(other.least_, other.greatest_);
    sketch_->merge(*other.sketch_);
    return;
  }
  if (sketch_.has_value()) return add_to_sketch(other.runs());
  if (few_ && other.few_) {
    const NumberRuns all = other.counts_.runs();
    for (size_t i = 0; i < all.values.size(); ++i) add_repeated(all.values[i], all.counts[i]);
    return;
  }
  if (few_) spill();
  runs_ = merged(runs_, other.runs());
  runs_total_ = total_of(runs_);
}

std::vector<Run> ValueRuns::runs() const {
  if (sketch_.has_value()) return sketched_runs();
  ValueRuns copy = *this;
  if (copy.few_) copy.spill();
  copy.compact();
  return std::move(copy.runs_);
}

std::vector<Run> ValueRuns::sketched_runs() const {
  const Distribution all = sketch_->distribution();
  std::vector<Run> runs;
  for (size_t i = 0; i < all.values.size(); ++i) runs.push_back({all.values[i], all.counts[i]});
  // One value each is known to lie at the ends, where the sketch may have let it go: a row that was
  // counted for the item beside it, so that no rank comes to lie further from the truth.
  if (least_ < runs.front().value) {
    if (--runs.front().count == 0) runs.erase(runs.begin());
    runs.insert(runs.begin(), Run{least_, 1});
  }
  if (greatest_ > runs.back().value) {
    if (--runs.back().count == 0) runs.pop_back();
    runs.push_back(Run{greatest_, 1});
  }
  return runs;
}

template <class Visit>
void ValueRuns::for_each_key(const Visit& visit) const {
  if (sketch_.has_value()) {
    for (const Run& run : sketched_runs()) visit(key_of(run.value), run.count);
    return;
  }
  counts_.for_each([&](double value, uint64_t count) { visit(key_of(value), count); });
  for (const Run& run : runs_) visit(key_of(run.value), run.count);
  for (const double value : pending_.numbers()) visit(key_of(value), 1);
}

/// The values at ascending ranks.
std::vector<double> ValueRuns::values_at(const std::vector<uint64_t>& ranks) const {
  std::vector<double> values(ranks.size());
  const bool are_single = !sketch_.has_value() && counts_.distinct() == 0 && runs_.empty();
  if (are_single && select_near(pending_.numbers(), ranks, values.data())) return values;
  std::vector<uint64_t> keys(ranks.size());
  select_ranks([this](const auto& visit) { for_each_key(visit); },
               counts_.distinct() + runs_.size() + pending_.size(), ranks, 0, keys.data());
  std::transform(keys.begin(), keys.end(), values.begin(), value_of);
  return values;
}

double ValueRuns::median() const {
  if (median_.has_value()) return *median_;
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

void ValueRuns::write(StateWriter& writer) const {
  writer.put<uint32_t>(sketch_.has_value() ? sketch_->level_items() : 0);
  if (sketch_.has_value()) {
    writer.put(least_);
    writer.put(greatest_);
    sketch_->write(writer);
    return;
  }
  const std::vector<Run> all = runs();
  writer.put<uint64_t>(all.size());
  for (const Run& run : all) {
    writer.put(run.value);
    writer.put(run.count);
  }
}

void ValueRuns::read(StateReader& reader) {
  *this = ValueRuns();
  const auto level_items = reader.get<uint32_t>();
  if (level_items != 0) return read_sketch(reader, level_items);
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
}

void ValueRuns::read_sketch(StateReader& reader, uint32_t level_items) {
  if (!std::has_single_bit(level_items) || level_items < kFewestLevelItems ||
      level_items > kMostLevelItems) {
    StateReader::fail();
  }
  least_ = reader.get<double>();
  greatest_ = reader.get<double>();
  sketch_ = QuantileSketch::read(reader, level_items);
  const Distribution all = sketch_->distribution();
  if (all.total == 0 || all.total >> 48 != 0 || !(least_ <= all.values.front()) ||
      !(greatest_ >= all.values.back())) {
    StateReader::fail();
  }
}

}  // namespace mainspring

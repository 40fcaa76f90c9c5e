// Levels of compactors: update, merge, and the certified rank error.
#include "profile/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>

#include "profile/sort_numbers.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kMaxLevels = 64;

struct WeightedValue {
  double value;
  uint64_t weight;
};

}  // namespace

QuantileSketch::QuantileSketch(uint32_t level_items) : level_items_(level_items), levels_(1) {}

void QuantileSketch::add(const double* values, uint64_t count) {
  kept_ = nullptr;
  total_ += count;
  while (count > 0) {
    std::vector<double>& items = levels_[0].items;
    const uint64_t room = level_items_ - items.size();
    const uint64_t taken = std::min(room, count);
    items.insert(items.end(), values, values + taken);
    values += taken;
    count -= taken;
    if (items.size() == level_items_) compact_full_levels();
  }
}

void QuantileSketch::add_runs(const std::vector<double>& values,
                              const std::vector<uint64_t>& counts) {
  kept_ = nullptr;
  // A count in binary: the value goes into the level of each set bit, so no rank moves.
  uint64_t all_bits = 0;
  for (const uint64_t count : counts) {
    all_bits |= count;
    total_ += count;
  }
  std::vector<double> items;
  for (uint32_t level = 0; level < kMaxLevels && (all_bits >> level) != 0; ++level) {
    items.clear();
    for (size_t i = 0; i < values.size(); ++i) {
      if ((counts[i] >> level & 1) != 0) items.push_back(values[i]);
    }
    add_to_level(level, items.data(), items.size());
  }
  compact_full_levels();
}

void QuantileSketch::merge(const QuantileSketch& other) {
  kept_ = nullptr;
  total_ += other.total_;
  error_up_ += other.error_up_;
  error_down_ += other.error_down_;
  for (uint32_t level = 0; level < other.levels_.size(); ++level) {
    const std::vector<double>& items = other.levels_[level].items;
    add_to_level(level, items.data(), items.size());
  }
  compact_full_levels();
}

void QuantileSketch::add_to_level(uint32_t level, const double* sorted, uint64_t count) {
  if (levels_.size() <= level) levels_.resize(level + 1);
  std::vector<double>& items = levels_[level].items;
  const auto middle = static_cast<std::ptrdiff_t>(items.size());
  items.insert(items.end(), sorted, sorted + count);
  if (level > 0) std::inplace_merge(items.begin(), items.begin() + middle, items.end());
}

void QuantileSketch::compact_full_levels() {
  for (uint32_t level = 0; level < levels_.size(); ++level) {
    while (levels_[level].items.size() >= level_items_) compact(level);
  }
}

// Pairs of neighbours become one item of twice the weight in the level above.
void QuantileSketch::compact(uint32_t level) {
  std::vector<double>& items = levels_[level].items;
  const uint32_t taken =
      level == 0 ? level_items_ : static_cast<uint32_t>(items.size() & ~size_t{1});
  if (level == 0) sort_many_numbers(items.data(), taken);
  const bool keep_second = levels_[level].keep_second;
  levels_[level].keep_second = !keep_second;
  (keep_second ? error_down_ : error_up_) += uint64_t{1} << level;
  for (uint32_t i = 0; i < taken / 2; ++i) items[i] = items[2 * i + (keep_second ? 1 : 0)];
  std::vector<double> kept(items.begin(), items.begin() + taken / 2);
  items.erase(items.begin(), items.begin() + taken);
  add_to_level(level + 1, kept.data(), kept.size());
}

uint64_t QuantileSketch::rank_error() const { return std::max(error_up_, error_down_); }

Distribution QuantileSketch::distribution() const {
  return kept_ != nullptr ? *kept_ : merged_levels();
}

std::shared_ptr<const Distribution> QuantileSketch::shared_distribution() const {
  return kept_ != nullptr ? kept_ : std::make_shared<const Distribution>(merged_levels());
}

void QuantileSketch::keep_distribution() { kept_ = shared_distribution(); }

QuantileSketch QuantileSketch::without_levels() const {
  if (kept_ == nullptr) return *this;
  QuantileSketch copy(level_items_);
  copy.total_ = total_;
  copy.error_up_ = error_up_;
  copy.error_down_ = error_down_;
  copy.kept_ = kept_;
  return copy;
}

Distribution QuantileSketch::merged_levels() const {
  const auto smaller = [](const WeightedValue& a, const WeightedValue& b) {
    return a.value < b.value;
  };
  // Levels are sorted: the shortest two become one until one is left.
  std::vector<std::vector<WeightedValue>> runs;
  for (uint32_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].items.empty()) continue;
    std::vector<double> items = levels_[level].items;
    if (level == 0) sort_many_numbers(items.data(), items.size());
    std::vector<WeightedValue>& run = runs.emplace_back();
    for (const double value : items) run.push_back({value, uint64_t{1} << level});
  }
  const auto longer = [](const auto& a, const auto& b) { return a.size() > b.size(); };
  while (runs.size() > 1) {
    std::stable_sort(runs.begin(), runs.end(), longer);
    const std::vector<WeightedValue> last = std::move(runs.back());
    runs.pop_back();
    std::vector<WeightedValue> both(last.size() + runs.back().size());
    std::merge(last.begin(), last.end(), runs.back().begin(), runs.back().end(), both.begin(),
               smaller);
    runs.back() = std::move(both);
  }
  const std::vector<WeightedValue> all =
      runs.empty() ? std::vector<WeightedValue>() : std::move(runs.front());
  Distribution result;
  result.total = total_;
  result.rank_error =
      total_ == 0 ? 0 : static_cast<double>(rank_error()) / static_cast<double>(total_);
  for (const WeightedValue& item : all) {
    if (!result.values.empty() && result.values.back() == item.value) {
      result.counts.back() += item.weight;
    } else {
      result.values.push_back(item.value);
      result.counts.push_back(item.weight);
    }
  }
  return result;
}

void QuantileSketch::write(StateWriter& writer) const {
  writer.put(total_);
  writer.put(error_up_);
  writer.put(error_down_);
  writer.put<uint64_t>(levels_.size());
  for (const Level& level : levels_) {
    writer.put<uint8_t>(level.keep_second ? 1 : 0);
    writer.put_all(level.items);
  }
}

QuantileSketch QuantileSketch::read(StateReader& reader, uint32_t level_items) {
  QuantileSketch sketch(level_items);
  sketch.total_ = reader.get<uint64_t>();
  sketch.error_up_ = reader.get<uint64_t>();
  sketch.error_down_ = reader.get<uint64_t>();
  const uint64_t num_levels = reader.get_count(9);
  if (num_levels == 0 || num_levels > kMaxLevels) StateReader::fail();
  sketch.levels_.resize(num_levels);
  uint64_t weight = 0;
  for (uint64_t level = 0; level < num_levels; ++level) {
    const uint8_t keep_second = reader.get<uint8_t>();
    if (keep_second > 1) StateReader::fail();
    sketch.levels_[level].keep_second = keep_second != 0;
    std::vector<double> items = reader.get_all<double>();
    if (items.size() >= level_items) StateReader::fail();
    for (size_t i = 0; i < items.size(); ++i) {
      if (std::isnan(items[i])) StateReader::fail();
      if (level > 0 && i > 0 && items[i - 1] > items[i]) StateReader::fail();
    }
    const uint64_t room = (sketch.total_ - weight) >> level;
    if (items.size() > room) StateReader::fail();
    weight += static_cast<uint64_t>(items.size()) << level;
    sketch.levels_[level].items = std::move(items);
  }
  if (weight != sketch.total_ || sketch.error_up_ > sketch.total_ ||
      sketch.error_down_ > sketch.total_) {
    StateReader::fail();
  }
  return sketch;
}

}  // namespace mainspring

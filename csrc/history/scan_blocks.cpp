// Chooses blocks and single events, then adds them up: integers, so the order makes no difference.
#include "history/scan_blocks.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "history/binned_quantile.hpp"

namespace mainspring {

namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

/// How many of a block's events are the first of their category in a window that begins `offset`
/// events before the block. A comparison a lane, which beats a search.
uint64_t count_new(const int32_t* distances, uint32_t count, uint32_t offset) {
  int32_t found = 0;
  for (uint32_t event = 0; event < count; ++event) {
    found += distances[event] > static_cast<int32_t>(event + offset) ? 1 : 0;
  }
  return static_cast<uint64_t>(found);
}

}  // namespace

BlockScanner::BlockScanner(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
                           const BlockLayout& layout)
    : plan_(plan), groups_(groups), layout_(layout), scanner_(plan, groups) {
  for (const FeatureGroup& group : groups) {
    Wanted wanted;
    for (const uint32_t number : group.features) {
      const HistoryFeature& feature = plan.features[number];
      const bool is_quantile = feature.aggregate == Aggregate::kQuantile;
      const bool is_exact = is_quantile && feature.edges == kNoColumn;
      wanted.categories |= feature.aggregate == Aggregate::kNunique;
      wanted.quantiles |= is_exact;
      wanted.parts |= !is_exact && (!is_quantile || group.available != kNoColumn);
      wanted.newest &= feature.aggregate == Aggregate::kSinceLast;
    }
    wanted_.push_back(wanted);
  }
}

bool BlockScanner::is_visible(const EventView& events, uint32_t event) const {
  return layout_.is_member(events, event, view_) && layout_.known(events, event, view_) <= at_;
}

void BlockScanner::cover(const EventView& events, const EventBlocks& blocks, uint32_t first,
                         uint32_t end) {
  bool all_known = true;
  const std::vector<EventBlock>& all = blocks.blocks();
  const auto begin = std::partition_point(all.begin(), all.end(), [&](const EventBlock& block) {
    return blocks.index_of(block) + block.count <= first;
  });
  for (auto number = static_cast<uint32_t>(begin - all.begin()); number < all.size(); ++number) {
    const EventBlock& block = all[number];
    const uint32_t start = blocks.index_of(block);
    if (start >= end) break;
    Part part{number, start, std::max(first, start) - start,
              std::min(end, start + block.count) - start, false};
    // Whether a category is new is known of a block only where all before it are seen.
    part.is_whole = part.first == 0 && part.end == block.count && block.is_summed &&
                    (sees_all_ || (blocks.view(number, view_).known <= at_ &&
                                   (all_known || !counts_categories_)));
    parts_.push_back(part);
    if (part.is_whole) continue;
    for (uint32_t event = start + part.first; event < start + part.end; ++event) {
      if (sees_all_) {
        looked_.push_back(event);
      } else if (layout_.is_member(events, event, view_)) {
        const bool is_known = layout_.known(events, event, view_) <= at_;
        all_known = all_known && is_known;
        if (is_known) looked_.push_back(event);
      }
    }
  }
}

int64_t BlockScanner::session_start(const EventView& events, const EventBlocks& blocks,
                                    uint32_t first, uint32_t end, int64_t now, uint64_t gap) const {
  const std::vector<EventBlock>& all = blocks.blocks();
  const auto pause = [](int64_t newer, int64_t older) {
    return static_cast<uint64_t>(newer) - static_cast<uint64_t>(older);
  };
  int64_t first_time = now;
  for (size_t number = all.size(); number > 0; --number) {
    const EventBlock& block = all[number - 1];
    const uint32_t start = blocks.index_of(block);
    if (start >= end) continue;
    if (start + block.count <= first) break;
    const ViewPart& view = blocks.view(number - 1, view_);
    const bool is_whole =
        start >= first && start + block.count <= end && block.is_summed && view.known <= at_;
    if (is_whole && view.count == 0) continue;
    if (is_whole && pause(first_time, view.last) <= gap && view.gap <= gap) {
      first_time = view.first;
      continue;
    }
    for (uint32_t event = std::min(end, start + block.count); event > std::max(first, start);) {
      --event;
      if (!is_visible(events, event)) continue;
      if (pause(first_time, events.time(event)) > gap) return first_time;
      first_time = events.time(event);
    }
  }
  return first_time;
}

void BlockScanner::choose_rows(const EventView& events, const EventBlocks& blocks, uint32_t first,
                               uint32_t end, uint32_t rows) {
  chosen_.clear();
  const std::vector<EventBlock>& all = blocks.blocks();
  for (size_t number = all.size(); number > 0 && chosen_.size() < rows; --number) {
    const EventBlock& block = all[number - 1];
    const uint32_t start = blocks.index_of(block);
    if (start >= end) continue;
    if (start + block.count <= first) break;
    if (block.is_summed && blocks.view(number - 1, view_).count == 0) continue;
    for (uint32_t event = std::min(end, start + block.count);
         event > std::max(first, start) && chosen_.size() < rows;) {
      if (is_visible(events, --event)) chosen_.push_back(event);
    }
  }
  std::reverse(chosen_.begin(), chosen_.end());
  scanner_.choose(chosen_);
}

uint64_t BlockScanner::num_covered(const EventBlocks& blocks) const {
  uint64_t count = looked_.size();
  for (const Part& one : parts_) {
    if (one.is_whole) count += blocks.view(one.block, view_).count;
  }
  return count;
}

const ValuePart& BlockScanner::total(const EventView& events, const EventBlocks& blocks,
                                     uint32_t part) {
  if (is_total_[part] == 0) {
    is_total_[part] = 1;
    ValuePart sum;
    for (const Part& one : parts_) {
      if (one.is_whole) sum.add(blocks.value(one.block, part));
    }
    const BlockLayout::Value& of = layout_.values[part];
    const uint32_t word = plan_.number_word(of.value);
    const int32_t exponent = plan_.exponents[of.value];
    for (const uint32_t event : looked_) {
      sum.add(events.number(word, event), exponent, of.has_squares);
    }
    totals_[part] = sum;
  }
  return totals_[part];
}

double BlockScanner::outermost(const EventView& events, const EventBlocks& blocks, uint32_t part,
                               bool is_first) const {
  const uint32_t word = plan_.number_word(layout_.values[part].value);
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& one = parts_[is_first ? i : parts_.size() - 1 - i];
    if (one.is_whole && blocks.value(one.block, part).present == 0) continue;
    const uint32_t count = one.end - one.first;
    for (uint32_t step = 0; step < count; ++step) {
      const uint32_t event = one.start + (is_first ? one.first + step : one.end - 1 - step);
      const double value = events.number(word, event);
      if (value == value && is_visible(events, event)) return value;
    }
  }
  return kNull;
}

double BlockScanner::since_last(const EventView& events, const EventBlocks& blocks) const {
  for (size_t i = parts_.size(); i > 0; --i) {
    const Part& one = parts_[i - 1];
    if (one.is_whole && blocks.view(one.block, view_).count == 0) continue;
    for (uint32_t event = one.start + one.end; event > one.start + one.first;) {
      if (!is_visible(events, --event)) continue;
      const uint64_t age = static_cast<uint64_t>(at_) - static_cast<uint64_t>(events.time(event));
      return static_cast<double>(age) / 1e6;
    }
  }
  return kNull;
}

double BlockScanner::averaged_by_age(const EventView& events, const EventBlocks& blocks,
                                     const HistoryFeature& feature, uint32_t part) {
  const uint32_t word = plan_.number_word(feature.value);
  const int32_t exponent = plan_.exponents[feature.value];
  const int64_t half_life = layout_.ages[part].half_life, lag = feature.frame.lag;
  const int64_t newest = at_ < INT64_MIN + lag ? INT64_MIN : at_ - lag;
  const int64_t oldest = oldest_ewm_bucket(newest, half_life);
  std::array<EwmBucket, kEwmBuckets> buckets;
  const auto look_at = [&](uint32_t event) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) return;
    const EwmPlace place = ewm_place(events.time(event), half_life);
    if (place.bucket < oldest) return;
    buckets[static_cast<size_t>(place.bucket - oldest)].add(place.weight, value);
  };
  for (const uint32_t event : looked_) look_at(event);
  for (const Part& one : parts_) {
    const AgePart& sum = blocks.age(one.block, part);
    if (!one.is_whole || sum.is_empty) continue;
    if (!sum.is_mixed) {
      if (sum.bucket.bucket < oldest) continue;
      EwmBucket& bucket = buckets[static_cast<size_t>(sum.bucket.bucket - oldest)];
      bucket.low += sum.bucket.low;
      bucket.high += sum.bucket.high;
      bucket.weight += sum.bucket.weight;
      continue;
    }
    const auto last = static_cast<GridInteger>(blocks.view(one.block, view_).last);
    if (last < static_cast<GridInteger>(oldest) * half_life) continue;
    for (uint32_t event = one.start; event < one.start + one.end; ++event) {
      if (is_visible(events, event)) look_at(event);
    }
  }
  EwmMean mean;
  for (size_t i = buckets.size(); i > 0; --i) {
    buckets[i - 1].bucket = oldest + static_cast<int64_t>(i) - 1;
    mean.add(buckets[i - 1]);
  }
  return mean.value(exponent);
}

double BlockScanner::distinct(const EventView& events, const EventBlocks& blocks, uint32_t part) {
  const uint32_t word = plan_.category_word(layout_.categories[part].category);
  const int32_t* distances = blocks.distances(part);
  uint64_t count = 0;
  bool all_known = true;
  seen_.clear();  // what was seen or not, behind an event that is not known yet
  for (const Part& one : parts_) {
    const uint32_t begin = one.start + one.first, end = one.start + one.end;
    if (one.is_whole || sees_all_) {
      count += count_new(distances + begin, end - begin, begin - first_);
      continue;
    }
    for (uint32_t event = begin; event < end; ++event) {
      if (distances[event] == kNotThere) continue;
      const bool is_new = distances[event] > static_cast<int32_t>(event - first_);
      const bool is_known = layout_.known(events, event, view_) <= at_;
      all_known = all_known && is_known;
      if (all_known) {
        count += is_new ? 1 : 0;
        continue;
      }
      const uint64_t category = events.word(word, event);
      const bool* before = seen_.find(category);
      bool was_seen = before == nullptr ? !is_new : *before;
      if (is_known && !was_seen) {
        ++count;
        was_seen = true;
      }
      seen_.put(category, was_seen);
    }
  }
  return static_cast<double>(count);
}

double BlockScanner::binned(const EventView& events, const EventBlocks& blocks,
                            const HistoryFeature& feature, uint32_t number) {
  const BlockLayout::Bins& part = layout_.bins[number];
  const std::vector<double>& edges = plan_.edges[part.edges];
  const uint32_t word = plan_.number_word(part.value);
  bins_.assign(edges.size() + 1, 0);
  const auto look_at = [&](uint32_t event) {
    const double value = events.number(word, event);
    if (value == value) ++bins_[quantile_bin(edges, value)];
  };
  if (layout_.views[part.view].available != kNoColumn) {
    for (const uint32_t event : looked_) look_at(event);
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (!parts_[i].is_whole) continue;
      const size_t first = parts_[i].block;  // of a run
      while (i + 1 < parts_.size() && parts_[i + 1].is_whole) ++i;
      blocks.add_bins(first, size_t{parts_[i].block} + 1, part, bins_);
    }
    return binned_quantile(bins_, edges, feature.parameter);
  }
  if (first_ >= end_) return kNull;
  const auto look_between = [&](uint32_t first, uint32_t end) {
    for (uint32_t event = first; event < end; ++event) {
      if (sees_all_ || layout_.is_member(events, event, view_)) look_at(event);
    }
  };
  // All are known: two edges, and the counts between, however many blocks these are.
  const auto end_of = [&](size_t block) {
    return blocks.index_of(blocks.blocks()[block]) + blocks.blocks()[block].count;
  };
  size_t first = blocks.block_of(first_), end = blocks.block_of(end_ - 1);
  const EventBlock& front = blocks.blocks()[first];
  if (blocks.index_of(front) != first_ || !front.is_summed) {
    look_between(first_, std::min(end_, end_of(first)));
    ++first;
  }
  if (first <= end) {
    if (end_of(end) == end_) {
      ++end;
    } else {
      look_between(blocks.index_of(blocks.blocks()[end]), end_);
    }
    blocks.add_bins(first, end, part, bins_);
  }
  return binned_quantile(bins_, edges, feature.parameter);
}

double BlockScanner::value(const EventView& events, const EventBlocks& blocks, uint32_t number) {
  const HistoryFeature& feature = plan_.features[number];
  const uint32_t part = layout_.part_of_feature[number];
  switch (feature.aggregate) {
    case Aggregate::kCount: {
      if (feature.value != kNoColumn)
        return static_cast<double>(total(events, blocks, part).present);
      return static_cast<double>(num_covered(blocks));
    }
    case Aggregate::kSum:
      return total(events, blocks, part).sum.value(plan_.exponents[feature.value]);
    case Aggregate::kMean: {
      const ValuePart& all = total(events, blocks, part);
      return all.count == 0 ? kNull : all.sum.mean(all.count, plan_.exponents[feature.value]);
    }
    case Aggregate::kStd: {
      const ValuePart& all = total(events, blocks, part);
      if (all.count < 2) return kNull;
      return all.squares.deviation(all.count, all.sum, plan_.exponents[feature.value]);
    }
    case Aggregate::kMin:
    case Aggregate::kMax: {
      const ValuePart& all = total(events, blocks, part);
      if (all.present == 0) return kNull;
      return (feature.aggregate == Aggregate::kMin ? all.smallest : all.largest) + 0.0;
    }
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return outermost(events, blocks, part, feature.aggregate == Aggregate::kFirst);
    case Aggregate::kNunique: return distinct(events, blocks, part);
    case Aggregate::kSinceLast: return since_last(events, blocks);
    case Aggregate::kEwm: return averaged_by_age(events, blocks, feature, part);
    case Aggregate::kQuantile:
      if (feature.edges != kNoColumn) return binned(events, blocks, feature, part);
      return scanner_.value(events, feature, at_);
    default: return scanner_.value(events, feature, at_);
  }
}

void BlockScanner::features(const EventView& events, const EventBlocks& blocks, int64_t at,
                            double* out) {
  totals_.resize(layout_.values.size());
  at_ = at;
  for (uint32_t number = 0; number < groups_.size(); ++number) {
    const FeatureGroup& group = groups_[number];
    view_ = layout_.view_of_group[number];
    sees_all_ = group.available == kNoColumn && group.condition == kNoColumn;
    counts_categories_ = wanted_[number].categories;
    const TimeRange range = frame_range(plan_, group.frame, at);
    uint32_t first = first_at_or_after(events, range.first);
    const uint32_t end = first_at_or_after(events, range.end);
    const bool has_rows = group.frame.kind == FrameKind::kRows;
    if (has_rows || (wanted_[number].newest && group.frame.kind != FrameKind::kSession)) {
      choose_rows(events, blocks, first, end, has_rows ? group.frame.rows : 1);
      for (const uint32_t feature : group.features) {
        out[feature] = scanner_.value(events, plan_.features[feature], at);
      }
      continue;
    }
    if (group.frame.kind == FrameKind::kSession) {
      // With all events of its first time, known or not: chains of categories go through them.
      first = first_at_or_after(events, session_start(events, blocks, first, end, range.end,
                                                      static_cast<uint64_t>(group.frame.width)));
    }
    first_ = first;
    end_ = end;
    parts_.clear();
    looked_.clear();
    is_total_.assign(layout_.values.size(), 0);
    if (first < end && wanted_[number].parts) cover(events, blocks, first, end);
    if (wanted_[number].quantiles) scanner_.choose(events, group, at);
    for (const uint32_t feature : group.features) {
      out[feature] = value(events, blocks, feature);
    }
  }
}

}  // namespace mainspring

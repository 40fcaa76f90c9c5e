// Chooses blocks and single events, then adds them up: integers, so the order makes no difference.
#include "history/scan_blocks.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace mainspring {

namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

/// How many events of a block have no event of their category between them and `time`.
uint64_t count_new(const CategoryPart& part, int64_t time) {
  if (part.order.empty()) {
    return static_cast<uint64_t>(std::count_if(part.previous.begin(), part.previous.end(),
                                               [&](int64_t previous) { return previous < time; }));
  }
  const auto end = std::partition_point(part.order.begin(), part.order.end(),
                                        [&](uint8_t event) { return part.previous[event] < time; });
  return static_cast<uint64_t>(end - part.order.begin());
}

}  // namespace

bool BlockScanner::is_visible(const EventView& events, uint32_t event) const {
  return layout_.is_member(events, event, view_) && layout_.known(events, event, view_) <= at_;
}

void BlockScanner::cover(const EventView& events, const EventBlocks& blocks, uint32_t first,
                         uint32_t end) {
  bool all_known = true;
  const std::vector<EventBlock>& all = blocks.blocks();
  auto next = std::partition_point(all.begin(), all.end(), [&](const EventBlock& block) {
    return blocks.index_of(block) + block.count <= first;
  });
  for (; next != all.end() && blocks.index_of(*next) < end; ++next) {
    const EventBlock& block = *next;
    const uint32_t start = blocks.index_of(block);
    Part part{&block, std::max(first, start) - start, std::min(end, start + block.count) - start,
              false};
    // Whether a category is new is known of a block only where all before it are seen.
    part.is_whole = part.first == 0 && part.end == block.count && block.is_summed &&
                    block.views[view_].known <= at_ && (all_known || !counts_categories_);
    if (!part.is_whole) {
      for (uint32_t event = start + part.first; event < start + part.end; ++event) {
        if (!layout_.is_member(events, event, view_)) continue;
        if (layout_.known(events, event, view_) <= at_) {
          looked_.push_back(event);
        } else {
          all_known = false;
        }
      }
    }
    parts_.push_back(part);
  }
}

uint32_t BlockScanner::session_start(const EventView& events, const EventBlocks& blocks,
                                     uint32_t first, uint32_t end, int64_t now, uint64_t gap) {
  const std::vector<EventBlock>& all = blocks.blocks();
  const auto pause = [](int64_t newer, int64_t older) {
    return static_cast<uint64_t>(newer) - static_cast<uint64_t>(older);
  };
  uint32_t found = end;
  first_time_ = now;
  for (size_t number = all.size(); number > 0; --number) {
    const EventBlock& block = all[number - 1];
    const uint32_t start = blocks.index_of(block);
    if (start >= end) continue;
    if (start + block.count <= first) break;
    const ViewPart& view = block.views[view_];
    const bool is_whole =
        start >= first && start + block.count <= end && block.is_summed && view.known <= at_;
    if (is_whole && view.count == 0) continue;
    if (is_whole && pause(first_time_, view.last) <= gap && view.gap <= gap) {
      first_time_ = view.first;
      found = start;
      continue;
    }
    for (uint32_t event = std::min(end, start + block.count); event > std::max(first, start);) {
      --event;
      if (!is_visible(events, event)) continue;
      if (pause(first_time_, events.time(event)) > gap) return found;
      first_time_ = events.time(event);
      found = event;
    }
  }
  return found;
}

void BlockScanner::choose_rows(const EventView& events, const EventBlocks& blocks, uint32_t first,
                               uint32_t end, uint32_t rows) {
  std::vector<uint32_t> chosen;
  const std::vector<EventBlock>& all = blocks.blocks();
  for (size_t number = all.size(); number > 0 && chosen.size() < rows; --number) {
    const EventBlock& block = all[number - 1];
    const uint32_t start = blocks.index_of(block);
    if (start >= end) continue;
    if (start + block.count <= first) break;
    if (block.is_summed && block.views[view_].count == 0) continue;
    for (uint32_t event = std::min(end, start + block.count);
         event > std::max(first, start) && chosen.size() < rows;) {
      if (is_visible(events, --event)) chosen.push_back(event);
    }
  }
  std::reverse(chosen.begin(), chosen.end());
  scanner_.choose(std::move(chosen));
}

const ValuePart& BlockScanner::total(const EventView& events, uint32_t part) {
  if (is_total_[part] == 0) {
    is_total_[part] = 1;
    ValuePart& sum = totals_[part] = ValuePart{};
    for (const Part& one : parts_) {
      if (one.is_whole) sum.add(one.block->values[part]);
    }
    const uint32_t value = layout_.values[part].value;
    for (const uint32_t event : looked_) {
      sum.add(events.number(plan_.number_word(value), event), plan_.exponents[value]);
    }
  }
  return totals_[part];
}

double BlockScanner::outermost(const EventView& events, const EventBlocks& blocks, uint32_t part,
                               bool is_first) const {
  const uint32_t word = plan_.number_word(layout_.values[part].value);
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& one = parts_[is_first ? i : parts_.size() - 1 - i];
    if (one.is_whole && one.block->values[part].present == 0) continue;
    const uint32_t start = blocks.index_of(*one.block), count = one.end - one.first;
    for (uint32_t step = 0; step < count; ++step) {
      const uint32_t event = start + (is_first ? one.first + step : one.end - 1 - step);
      const double value = events.number(word, event);
      if (value == value && is_visible(events, event)) return value;
    }
  }
  return kNull;
}

double BlockScanner::since_last(const EventView& events, const EventBlocks& blocks) const {
  for (size_t i = parts_.size(); i > 0; --i) {
    const Part& one = parts_[i - 1];
    if (one.is_whole && one.block->views[view_].count == 0) continue;
    const uint32_t start = blocks.index_of(*one.block);
    for (uint32_t event = start + one.end; event > start + one.first;) {
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
    const AgePart& sum = one.block->ages[part];
    if (!one.is_whole || sum.is_empty) continue;
    if (!sum.is_mixed) {
      if (sum.bucket.bucket < oldest) continue;
      EwmBucket& bucket = buckets[static_cast<size_t>(sum.bucket.bucket - oldest)];
      bucket.low += sum.bucket.low;
      bucket.high += sum.bucket.high;
      bucket.weight += sum.bucket.weight;
      continue;
    }
    const auto last = static_cast<GridInteger>(one.block->views[view_].last);
    if (last < static_cast<GridInteger>(oldest) * half_life) continue;
    const uint32_t start = blocks.index_of(*one.block);
    for (uint32_t event = start; event < start + one.block->count; ++event) {
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
  // The first of all has no previous, which is before every time.
  const int64_t first_time = std::max(first_time_, kNoPrevious + 1);
  uint64_t count = 0;
  bool all_known = true;
  LatestTimes seen;  // behind an event that is not known yet: 1 of categories that were seen
  for (const Part& one : parts_) {
    const CategoryPart& of = one.block->categories[part];
    if (one.is_whole) {
      count += count_new(of, first_time);
      continue;
    }
    const uint32_t start = blocks.index_of(*one.block);
    for (uint32_t place = one.first; place < one.end; ++place) {
      const int64_t previous = of.previous[place];
      if (previous == kNotThere) continue;
      const bool is_known = layout_.known(events, start + place, view_) <= at_;
      all_known = all_known && is_known;
      const bool is_new = previous < first_time;
      if (all_known) {
        count += is_new ? 1 : 0;
        continue;
      }
      const uint64_t category = events.word(word, start + place);
      const int64_t before = seen.find(category);
      bool was_seen = before == kNoPrevious ? !is_new : before == 1;
      if (is_known && !was_seen) {
        ++count;
        was_seen = true;
      }
      seen.exchange(category, was_seen ? 1 : 0, 0);
    }
  }
  return static_cast<double>(count);
}

double BlockScanner::value(const EventView& events, const EventBlocks& blocks, uint32_t number) {
  const HistoryFeature& feature = plan_.features[number];
  const uint32_t part = layout_.part_of_feature[number];
  switch (feature.aggregate) {
    case Aggregate::kCount: {
      if (feature.value != kNoColumn) return static_cast<double>(total(events, part).present);
      uint64_t count = looked_.size();
      for (const Part& one : parts_) count += one.is_whole ? one.block->views[view_].count : 0;
      return static_cast<double>(count);
    }
    case Aggregate::kSum: return total(events, part).sum.value(plan_.exponents[feature.value]);
    case Aggregate::kMean: {
      const ValuePart& all = total(events, part);
      return all.count == 0 ? kNull : all.sum.mean(all.count, plan_.exponents[feature.value]);
    }
    case Aggregate::kStd: {
      const ValuePart& all = total(events, part);
      if (all.count < 2) return kNull;
      return all.squares.deviation(all.count, all.sum, plan_.exponents[feature.value]);
    }
    case Aggregate::kMin:
    case Aggregate::kMax: {
      const ValuePart& all = total(events, part);
      if (all.present == 0) return kNull;
      return (feature.aggregate == Aggregate::kMin ? all.smallest : all.largest) + 0.0;
    }
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return outermost(events, blocks, part, feature.aggregate == Aggregate::kFirst);
    case Aggregate::kNunique: return distinct(events, blocks, part);
    case Aggregate::kSinceLast: return since_last(events, blocks);
    case Aggregate::kEwm: return averaged_by_age(events, blocks, feature, part);
    default: return scanner_.value(events, feature, at_);
  }
}

void BlockScanner::features(const EventView& events, const EventBlocks& blocks, int64_t at,
                            double* out) {
  totals_.resize(layout_.values.size());
  at_ = at;
  for (uint32_t number = 0; number < groups_.size(); ++number) {
    const FeatureGroup& group = groups_[number];
    const auto has = [&](Aggregate aggregate) {
      return std::any_of(group.features.begin(), group.features.end(), [&](uint32_t feature) {
        return plan_.features[feature].aggregate == aggregate;
      });
    };
    view_ = layout_.view_of_group[number];
    counts_categories_ = has(Aggregate::kNunique);
    const TimeRange range = frame_range(plan_, group.frame, at);
    uint32_t first = first_at_or_after(events, range.first);
    const uint32_t end = first_at_or_after(events, range.end);
    if (group.frame.kind == FrameKind::kRows) {
      choose_rows(events, blocks, first, end, group.frame.rows);
      for (const uint32_t feature : group.features) {
        out[feature] = scanner_.value(events, plan_.features[feature], at);
      }
      continue;
    }
    first_time_ = range.first;
    if (group.frame.kind == FrameKind::kSession) {
      first = session_start(events, blocks, first, end, range.end,
                            static_cast<uint64_t>(group.frame.width));
      // With all events of its first time, known or not: chains of categories go through them.
      if (first < end) first = first_at_or_after(events, first_time_);
    }
    parts_.clear();
    looked_.clear();
    is_total_.assign(layout_.values.size(), 0);
    if (first < end) cover(events, blocks, first, end);
    if (has(Aggregate::kQuantile)) scanner_.choose(events, group, at);
    for (const uint32_t feature : group.features) {
      out[feature] = value(events, blocks, feature);
    }
  }
}

}  // namespace mainspring

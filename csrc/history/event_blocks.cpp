// Blocks grow at the end; an event that comes late goes into its block, which is summed again.
#include "history/event_blocks.hpp"

#include <algorithm>

#include "history/binned_quantile.hpp"

namespace mainspring {

namespace {

/// The place of an equal thing in a list, put there where it is not yet.
template <class Thing, class Same>
uint32_t place_of(std::vector<Thing>* things, const Thing& thing, Same same) {
  const auto found = std::find_if(things->begin(), things->end(),
                                  [&](const Thing& other) { return same(thing, other); });
  if (found == things->end()) {
    things->push_back(thing);
    return static_cast<uint32_t>(things->size() - 1);
  }
  return static_cast<uint32_t>(found - things->begin());
}

/// Room for more, and an eighth beyond: memory is mostly that of keys with many events.
template <class Thing>
void make_room(std::vector<Thing>* things, size_t more) {
  const size_t wanted = things->size() + more;
  if (wanted > things->capacity()) things->reserve(wanted + wanted / 8);
}

/// The parts of one block, empty, in front of those of block `number`.
template <class Part>
void insert_parts(std::vector<Part>* parts, size_t number, size_t width) {
  make_room(parts, width);
  parts->insert(parts->begin() + static_cast<ptrdiff_t>(number * width), width, Part{});
}

template <class Part>
void erase_first(std::vector<Part>* parts, size_t count) {
  parts->erase(parts->begin(), parts->begin() + static_cast<ptrdiff_t>(count));
  if (parts->size() * 2 < parts->capacity()) parts->shrink_to_fit();
}

}  // namespace

BlockLayout::BlockLayout(const HistoryPlan& of, const std::vector<FeatureGroup>& groups,
                         uint32_t num_events)
    : plan(of), block_events(num_events), part_of_feature(of.features.size()) {
  for (const FeatureGroup& group : groups) {
    const uint32_t view =
        place_of(&views, View{group.available, group.condition}, [](const View& a, const View& b) {
          return a.available == b.available && a.condition == b.condition;
        });
    view_of_group.push_back(view);
    for (const uint32_t number : group.features) {
      const HistoryFeature& feature = plan.features[number];
      uint32_t* part = &part_of_feature[number];
      if (feature.aggregate == Aggregate::kNunique) {
        *part = place_of(&categories, Category{view, feature.value},
                         [](const Category& a, const Category& b) {
                           return a.view == b.view && a.category == b.category;
                         });
      } else if (feature.aggregate == Aggregate::kEwm) {
        *part =
            place_of(&ages, Age{view, feature.value, static_cast<int64_t>(feature.parameter)},
                     [](const Age& a, const Age& b) {
                       return a.view == b.view && a.value == b.value && a.half_life == b.half_life;
                     });
      } else if (feature.edges != kNoColumn) {
        *part = place_of(&bins, Bins{view, feature.value, feature.edges, num_bins},
                         [](const Bins& a, const Bins& b) {
                           return a.view == b.view && a.value == b.value && a.edges == b.edges;
                         });
        const size_t num_edges = plan.edges[bins.back().edges].size();
        num_bins = bins.back().first + static_cast<uint32_t>(num_edges) + 1;
      } else if (feature.value != kNoColumn) {
        *part = place_of(
            &values, Value{view, feature.value, false},
            [](const Value& a, const Value& b) { return a.view == b.view && a.value == b.value; });
        values[*part].has_squares |= feature.aggregate == Aggregate::kStd;
      }
    }
  }
}

bool BlockLayout::is_member(const EventView& events, uint32_t event, uint32_t view) const {
  const View& of = views[view];
  if (of.condition != kNoColumn &&
      (events.word(1, event) & plan.condition_flag(of.condition)) == 0) {
    return false;
  }
  return known(events, event, view) != kNever;
}

int64_t BlockLayout::known(const EventView& events, uint32_t event, uint32_t view) const {
  const View& of = views[view];
  if (of.available == kNoColumn) return INT64_MIN;
  return events.moment(plan.available_word(of.available), event);
}

bool BlockLayout::has_category(const EventView& events, uint32_t event, size_t category) const {
  const Category& of = categories[category];
  return (events.word(1, event) & plan.category_flag(of.category)) != 0 &&
         is_member(events, event, of.view);
}

EventBlocks::EventBlocks(const BlockLayout& layout, const EventView& events)
    : layout_(layout), counted_(layout.num_bins), distances_(layout.categories.size()) {
  for (const BlockLayout::Category& of : layout.categories) {
    latest_.emplace_back(layout.plan.category_word(of.category));
  }
  for (uint32_t event = 0; event < events.count; ++event) append(events, event);
}

void EventBlocks::insert_block(size_t number, uint64_t start) {
  make_room(&blocks_, 1);
  blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(number), EventBlock{start});
  insert_parts(&views_, number, layout_.views.size());
  insert_parts(&values_, number, layout_.values.size());
  insert_parts(&ages_, number, layout_.ages.size());
  insert_parts(&below_, number, layout_.num_bins);
}

void EventBlocks::add_bins(size_t first, size_t end, const BlockLayout::Bins& part,
                           std::span<uint32_t> counts) const {
  if (first >= end) return;
  const uint32_t* from = below_.data() + first * layout_.num_bins + part.first;
  const uint32_t* to = end < blocks_.size() ? below_.data() + end * layout_.num_bins + part.first
                                            : counted_.data() + part.first;
  for (size_t bin = 0; bin < counts.size(); ++bin) counts[bin] += to[bin] - from[bin];
}

void EventBlocks::count_bins(const EventView& events, uint32_t event, size_t first_block) {
  for (const BlockLayout::Bins& part : layout_.bins) {
    const double value = events.number(layout_.plan.number_word(part.value), event);
    if (value != value || !layout_.is_member(events, event, part.view)) continue;
    const uint32_t place = part.first + quantile_bin(layout_.plan.edges[part.edges], value);
    for (size_t block = first_block; block <= blocks_.size(); ++block) ++bins_before(block)[place];
  }
}

void EventBlocks::add(size_t block, const EventView& events, uint32_t event) {
  const HistoryPlan& plan = layout_.plan;
  const int64_t time = events.time(event);
  const auto is_member = [&](uint32_t view) { return layout_.is_member(events, event, view); };
  ViewPart* views = views_.data() + block * layout_.views.size();
  for (uint32_t view = 0; view < layout_.views.size(); ++view) {
    if (!is_member(view)) continue;
    ViewPart& part = views[view];
    if (part.count == 0) {
      part.first = time;
    } else {
      part.gap = std::max(part.gap, static_cast<uint64_t>(time) - static_cast<uint64_t>(part.last));
    }
    part.last = time;
    part.known = std::max(part.known, layout_.known(events, event, view));
    ++part.count;
  }
  ValuePart* values = values_.data() + block * layout_.values.size();
  for (size_t i = 0; i < layout_.values.size(); ++i) {
    const BlockLayout::Value& of = layout_.values[i];
    if (!is_member(of.view)) continue;
    values[i].add(events.number(plan.number_word(of.value), event), plan.exponents[of.value],
                  of.has_squares);
  }
  AgePart* ages = ages_.data() + block * layout_.ages.size();
  for (size_t i = 0; i < layout_.ages.size(); ++i) {
    const BlockLayout::Age& of = layout_.ages[i];
    AgePart& part = ages[i];
    GridInteger value = 0;
    if (part.is_mixed || !is_member(of.view) ||
        !to_grid(events.number(plan.number_word(of.value), event), plan.exponents[of.value],
                 &value)) {
      continue;
    }
    const EwmPlace place = ewm_place(time, of.half_life);
    if (part.is_empty) part.bucket.bucket = place.bucket;
    part.is_empty = false;
    part.is_mixed = part.bucket.bucket != place.bucket;
    part.bucket.add(place.weight, value);
  }
}

void EventBlocks::sum(size_t number, const EventView& events) {
  EventBlock& block = blocks_[number];
  std::fill_n(views_.data() + number * layout_.views.size(), layout_.views.size(), ViewPart{});
  std::fill_n(values_.data() + number * layout_.values.size(), layout_.values.size(), ValuePart{});
  std::fill_n(ages_.data() + number * layout_.ages.size(), layout_.ages.size(), AgePart{});
  const uint32_t first = index_of(block);
  for (uint32_t event = first; event < first + block.count; ++event) add(number, events, event);
  // What is before it, from what is before the next: of this one's events some may be gone.
  uint32_t* before = bins_before(number);
  std::copy_n(bins_before(number + 1), layout_.num_bins, before);
  for (const BlockLayout::Bins& part : layout_.bins) {
    const std::vector<double>& edges = layout_.plan.edges[part.edges];
    const uint32_t word = layout_.plan.number_word(part.value);
    for (uint32_t event = first; event < first + block.count; ++event) {
      const double value = events.number(word, event);
      if (value != value || !layout_.is_member(events, event, part.view)) continue;
      --before[part.first + quantile_bin(edges, value)];
    }
  }
  block.is_summed = true;
}

void EventBlocks::append(const EventView& events, uint32_t event) {
  if (blocks_.empty() || blocks_.back().count >= layout_.block_events) {
    insert_block(blocks_.size(), dropped_ + event);
    std::copy(counted_.begin(), counted_.end(), bins_before(blocks_.size() - 1));
  }
  count_bins(events, event, blocks_.size());
  for (size_t i = 0; i < latest_.size(); ++i) {
    int32_t distance = kNotThere;
    if (layout_.has_category(events, event, i)) {
      const uint32_t before = latest_[i].exchange(events, dropped_, event);
      distance = before == LatestEvents::kNone ? kNoPrevious : static_cast<int32_t>(event - before);
    }
    make_room(&distances_[i], 1);
    distances_[i].push_back(distance);
  }
  ++blocks_.back().count;
  if (blocks_.back().is_summed) add(blocks_.size() - 1, events, event);
}

size_t EventBlocks::block_of(uint32_t event) const {
  const uint64_t number = dropped_ + event;
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), number,
                       [](uint64_t value, const EventBlock& block) { return value < block.start; });
  return after == blocks_.begin() ? 0 : static_cast<size_t>(after - blocks_.begin()) - 1;
}

void EventBlocks::link_category(const EventView& events, uint32_t event, size_t category) {
  std::vector<int32_t>& all = distances_[category];
  make_room(&all, 1);
  all.insert(all.begin() + static_cast<ptrdiff_t>(num_gone_ + event), kNotThere);
  int32_t* distances = all.data() + num_gone_;
  // Where the one before lies in front of the new event, it is one further away now.
  for (uint32_t later = event + 1; later < events.count; ++later) {
    const int32_t distance = distances[later];
    const bool is_across = distance >= static_cast<int32_t>(later - event);
    distances[later] = distance + (is_across && distance != kNoPrevious ? 1 : 0);
  }
  LatestEvents& latest = latest_[category];
  latest.make_room(dropped_, event);
  if (!layout_.has_category(events, event, category)) return;
  const uint32_t last = latest.find(events, dropped_, event);
  if (last == LatestEvents::kNone || last < event) {
    latest.exchange(events, dropped_, event);
    distances[event] =
        last == LatestEvents::kNone ? kNoPrevious : static_cast<int32_t>(event - last);
    return;
  }
  // The next one of the category, of which this becomes the one before.
  const uint32_t word = layout_.plan.category_word(layout_.categories[category].category);
  uint32_t next = event + 1;
  while (events.word(word, next) != events.word(word, event) ||
         !layout_.has_category(events, next, category)) {
    ++next;
  }
  const auto step = static_cast<int32_t>(next - event);
  distances[event] = distances[next] == kNoPrevious ? kNoPrevious : distances[next] - step;
  distances[next] = step;
}

void EventBlocks::put_between(const EventView& events, uint32_t event) {
  const size_t number = block_of(event);
  ++blocks_[number].count;
  for (size_t later = number + 1; later < blocks_.size(); ++later) ++blocks_[later].start;
  for (size_t i = 0; i < latest_.size(); ++i) link_category(events, event, i);
  count_bins(events, event, number + 1);
  if (blocks_[number].count > layout_.block_events) {
    split(number, events);
  } else {
    sum(number, events);
  }
}

void EventBlocks::split(size_t number, const EventView& events) {
  const uint32_t kept = blocks_[number].count / 2;
  insert_block(number + 1, blocks_[number].start + kept);
  blocks_[number + 1].count = blocks_[number].count - kept;
  blocks_[number].count = kept;
  sum(number + 1, events);  // the counts before the first come from those before the second
  sum(number, events);
}

void EventBlocks::insert(const EventView& events, uint32_t place) {
  place + 1 == events.count ? append(events, place) : put_between(events, place);
}

void EventBlocks::drop(uint32_t count) {
  dropped_ += count;
  num_gone_ += count;
  if (distances_.empty() || num_gone_ * 8 > distances_[0].size()) {
    for (std::vector<int32_t>& all : distances_) erase_first(&all, num_gone_);
    num_gone_ = 0;
  }
  size_t gone = 0;
  while (gone < blocks_.size() && blocks_[gone].start + blocks_[gone].count <= dropped_) ++gone;
  if (gone != 0) {
    erase_first(&blocks_, gone);
    erase_first(&views_, gone * layout_.views.size());
    erase_first(&values_, gone * layout_.values.size());
    erase_first(&ages_, gone * layout_.ages.size());
    erase_first(&below_, gone * layout_.num_bins);
  }
  if (blocks_.empty() || blocks_.front().start >= dropped_) return;
  EventBlock& front = blocks_.front();
  const auto cut = static_cast<uint32_t>(dropped_ - front.start);
  front.start = dropped_;
  front.count -= cut;
  front.is_summed = false;
}

uint64_t EventBlocks::bytes() const {
  uint64_t bytes = sizeof(EventBlocks) + blocks_.capacity() * sizeof(EventBlock) +
                   views_.capacity() * sizeof(ViewPart) + values_.capacity() * sizeof(ValuePart) +
                   ages_.capacity() * sizeof(AgePart) +
                   (below_.capacity() + counted_.capacity()) * sizeof(uint32_t);
  for (const std::vector<int32_t>& all : distances_) bytes += all.capacity() * sizeof(int32_t);
  for (const LatestEvents& latest : latest_) bytes += latest.bytes();
  return bytes;
}

}  // namespace mainspring

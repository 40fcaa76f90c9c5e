// Blocks grow at the end; an event that comes late goes into its block, which is summed again.
#include "history/event_blocks.hpp"

#include <algorithm>
#include <numeric>

namespace mainspring {

namespace {

constexpr uint64_t kFirstCells = 64;

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

void sort_previous(CategoryPart* part) {
  part->order.resize(part->previous.size());
  std::iota(part->order.begin(), part->order.end(), uint8_t{0});
  std::sort(part->order.begin(), part->order.end(),
            [&](uint8_t a, uint8_t b) { return part->previous[a] < part->previous[b]; });
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
      } else if (feature.value != kNoColumn) {
        *part = place_of(&values, Value{view, feature.value}, [](const Value& a, const Value& b) {
          return a.view == b.view && a.value == b.value;
        });
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

void ValuePart::add(double value, int32_t exponent) {
  if (value != value) return;
  smallest = present == 0 || value < smallest ? value : smallest;
  largest = present == 0 || value > largest ? value : largest;
  ++present;
  GridInteger integer = 0;
  if (!to_grid(value, exponent, &integer)) return;
  ++count;
  sum.add(integer);
  squares.add(integer);
}

void ValuePart::add(const ValuePart& other) {
  if (other.present == 0) return;
  smallest = present == 0 || other.smallest < smallest ? other.smallest : smallest;
  largest = present == 0 || other.largest > largest ? other.largest : largest;
  present += other.present;
  count += other.count;
  sum.add(other.sum.sum);
  squares.low += other.squares.low;
  squares.high += other.squares.high + (squares.low < other.squares.low ? 1 : 0);
}

uint64_t LatestTimes::place(uint64_t word) const {
  const uint64_t mixed = word * 0x9E3779B97F4A7C15ull;
  uint64_t at = (mixed ^ (mixed >> 32)) & (cells_.size() - 1);
  while (cells_[at].time != kNoPrevious && cells_[at].word != word) {
    at = (at + 1) & (cells_.size() - 1);
  }
  return at;
}

int64_t LatestTimes::find(uint64_t word) const {
  return cells_.empty() ? kNoPrevious : cells_[place(word)].time;
}

int64_t LatestTimes::exchange(uint64_t word, int64_t time, int64_t oldest) {
  if ((used_ + 1) * 2 > cells_.size()) rebuild(oldest);
  Cell& cell = cells_[place(word)];
  const int64_t before = cell.time;
  used_ += before == kNoPrevious ? 1 : 0;
  cell = {word, time};
  return before;
}

void LatestTimes::rebuild(int64_t oldest) {
  // What is before the oldest event is before every window, too: forgotten, it has the same effect.
  std::vector<Cell> old = std::move(cells_);
  uint64_t alive = 0;
  for (const Cell& cell : old) alive += cell.time != kNoPrevious && cell.time >= oldest ? 1 : 0;
  uint64_t capacity = kFirstCells;
  while (capacity < alive * 4) capacity *= 2;
  cells_ = std::vector<Cell>(capacity);
  used_ = alive;
  for (const Cell& cell : old) {
    if (cell.time != kNoPrevious && cell.time >= oldest) cells_[place(cell.word)] = cell;
  }
}

EventBlocks::EventBlocks(const BlockLayout& layout, const EventView& events)
    : layout_(layout), latest_(layout.categories.size()) {
  for (uint32_t event = 0; event < events.count; ++event) append(events, event);
}

EventBlock EventBlocks::empty_block(uint64_t start) const {
  EventBlock block;
  block.start = start;
  block.views.resize(layout_.views.size());
  block.values.resize(layout_.values.size());
  block.ages.resize(layout_.ages.size());
  block.categories.resize(layout_.categories.size());
  for (CategoryPart& part : block.categories) part.previous.reserve(layout_.block_events);
  return block;
}

void EventBlocks::add(EventBlock* block, const EventView& events, uint32_t event) const {
  const HistoryPlan& plan = layout_.plan;
  const int64_t time = events.time(event);
  const auto is_member = [&](uint32_t view) { return layout_.is_member(events, event, view); };
  for (uint32_t view = 0; view < block->views.size(); ++view) {
    if (!is_member(view)) continue;
    ViewPart& part = block->views[view];
    if (part.count == 0) {
      part.first = time;
    } else {
      part.gap = std::max(part.gap, static_cast<uint64_t>(time) - static_cast<uint64_t>(part.last));
    }
    part.last = time;
    part.known = std::max(part.known, layout_.known(events, event, view));
    ++part.count;
  }
  for (size_t i = 0; i < block->values.size(); ++i) {
    const BlockLayout::Value& of = layout_.values[i];
    if (!is_member(of.view)) continue;
    block->values[i].add(events.number(plan.number_word(of.value), event),
                         plan.exponents[of.value]);
  }
  for (size_t i = 0; i < block->ages.size(); ++i) {
    const BlockLayout::Age& of = layout_.ages[i];
    AgePart& part = block->ages[i];
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

void EventBlocks::sum(EventBlock* block, const EventView& events) const {
  block->views.assign(block->views.size(), ViewPart{});
  block->values.assign(block->values.size(), ValuePart{});
  block->ages.assign(block->ages.size(), AgePart{});
  const uint32_t first = index_of(*block);
  for (uint32_t event = first; event < first + block->count; ++event) add(block, events, event);
  for (CategoryPart& part : block->categories) sort_previous(&part);
  block->is_summed = true;
}

void EventBlocks::append(const EventView& events, uint32_t event) {
  if (blocks_.empty() || blocks_.back().count >= layout_.block_events) {
    blocks_.push_back(empty_block(dropped_ + event));
  }
  EventBlock& block = blocks_.back();
  const int64_t time = events.time(event);
  for (size_t i = 0; i < latest_.size(); ++i) {
    const BlockLayout::Category& of = layout_.categories[i];
    int64_t before = kNotThere;
    if ((events.word(1, event) & layout_.plan.category_flag(of.category)) != 0 &&
        layout_.is_member(events, event, of.view)) {
      const uint64_t word = events.word(layout_.plan.category_word(of.category), event);
      before = latest_[i].exchange(word, time, events.time(0));
    }
    CategoryPart& part = block.categories[i];
    part.previous.push_back(before);
    part.order.clear();
    if (part.previous.size() == layout_.block_events) sort_previous(&part);
  }
  ++block.count;
  if (block.is_summed) add(&block, events, event);
}

EventBlock& EventBlocks::block_of(uint32_t event) {
  const uint64_t number = dropped_ + event;
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), number,
                       [](uint64_t value, const EventBlock& block) { return value < block.start; });
  return after == blocks_.begin() ? blocks_.front() : *(after - 1);
}

void EventBlocks::link_category(const EventView& events, uint32_t event, size_t category,
                                size_t block) {
  const BlockLayout::Category& of = layout_.categories[category];
  const uint32_t word_column = layout_.plan.category_word(of.category);
  const uint64_t flag = layout_.plan.category_flag(of.category);
  const auto takes_part = [&](uint32_t other) {
    return (events.word(1, other) & flag) != 0 && layout_.is_member(events, other, of.view);
  };
  EventBlock& mine = blocks_[block];
  std::vector<int64_t>& previous = mine.categories[category].previous;
  const auto offset = static_cast<ptrdiff_t>(event - index_of(mine));
  if (!takes_part(event)) {
    previous.insert(previous.begin() + offset, kNotThere);
    return;
  }
  const int64_t time = events.time(event);
  const uint64_t word = events.word(word_column, event);
  const int64_t latest = latest_[category].find(word);
  // The next one of the category, of which this becomes the previous; of its own time it may be the
  // latest.
  uint32_t next = events.count;
  if (latest != kNoPrevious && latest >= time) {
    const auto is_past = [&](uint32_t other) {
      return other == events.count || (latest == time && events.time(other) != time);
    };
    next = event + 1;
    while (!is_past(next) && !(takes_part(next) && events.word(word_column, next) == word)) ++next;
    if (is_past(next)) next = events.count;
  }
  if (next == events.count) {
    previous.insert(previous.begin() + offset,
                    latest_[category].exchange(word, time, events.time(0)));
    return;
  }
  previous.insert(previous.begin() + offset, kNotThere);
  EventBlock& later = block_of(next);
  CategoryPart& part = later.categories[category];
  int64_t& of_next = part.previous[next - index_of(later)];
  previous[static_cast<size_t>(offset)] = of_next;
  of_next = time;
  if (!part.order.empty() && part.order.size() == part.previous.size()) sort_previous(&part);
}

void EventBlocks::put_between(const EventView& events, uint32_t event) {
  const auto block = static_cast<size_t>(&block_of(event) - blocks_.data());
  ++blocks_[block].count;
  for (size_t later = block + 1; later < blocks_.size(); ++later) ++blocks_[later].start;
  for (size_t i = 0; i < latest_.size(); ++i) link_category(events, event, i, block);
  if (blocks_[block].count > layout_.block_events) {
    split(block, events);
  } else {
    sum(&blocks_[block], events);
  }
}

void EventBlocks::split(size_t number, const EventView& events) {
  EventBlock& block = blocks_[number];
  const uint32_t kept = block.count / 2;
  EventBlock after = empty_block(block.start + kept);
  after.count = block.count - kept;
  for (size_t i = 0; i < block.categories.size(); ++i) {
    std::vector<int64_t>& previous = block.categories[i].previous;
    after.categories[i].previous.assign(previous.begin() + kept, previous.end());
    previous.resize(kept);
  }
  block.count = kept;
  sum(&block, events);
  sum(&after, events);
  blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(number) + 1, std::move(after));
}

void EventBlocks::insert(const EventView& events, uint32_t place) {
  place + 1 == events.count ? append(events, place) : put_between(events, place);
}

void EventBlocks::drop(uint32_t count) {
  dropped_ += count;
  size_t gone = 0;
  while (gone < blocks_.size() && blocks_[gone].start + blocks_[gone].count <= dropped_) ++gone;
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<ptrdiff_t>(gone));
  if (blocks_.empty() || blocks_.front().start >= dropped_) return;
  EventBlock& front = blocks_.front();
  const auto cut = static_cast<uint32_t>(dropped_ - front.start);
  for (CategoryPart& part : front.categories) {
    part.previous.erase(part.previous.begin(), part.previous.begin() + cut);
    part.order.clear();
  }
  front.start = dropped_;
  front.count -= cut;
  front.is_summed = false;
}

uint64_t EventBlocks::bytes() const {
  const uint64_t category = layout_.block_events * (sizeof(int64_t) + 1) + sizeof(CategoryPart);
  const uint64_t block = sizeof(EventBlock) + layout_.views.size() * sizeof(ViewPart) +
                         layout_.values.size() * sizeof(ValuePart) +
                         layout_.ages.size() * sizeof(AgePart) +
                         layout_.categories.size() * category;
  uint64_t bytes = sizeof(EventBlocks) + blocks_.capacity() * sizeof(EventBlock) +
                   blocks_.size() * (block - sizeof(EventBlock));
  for (const LatestTimes& times : latest_) bytes += times.bytes();
  return bytes;
}

}  // namespace mainspring

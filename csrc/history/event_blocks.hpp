// Partial aggregates over blocks of one key's events, for keys that have many: a window is two
// edges that are looked at, and blocks between them that are already summed.
#pragma once
#include <cstdint>
#include <vector>

#include "history/event_words.hpp"
#include "history/ewm_sum.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

/// Which parts a block has; made once for a plan. A view is what features of equal availability and
/// condition see: the events for which the condition holds and that are known one day.
struct BlockLayout {
  struct View {
    uint32_t available, condition;
  };
  struct Value {
    uint32_t view, value;
  };
  struct Age {
    uint32_t view, value;
    int64_t half_life;
  };
  struct Category {
    uint32_t view, category;
  };

  BlockLayout(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
              uint32_t block_events);
  bool is_member(const EventView& events, uint32_t event, uint32_t view) const;
  int64_t known(const EventView& events, uint32_t event, uint32_t view) const;

  const HistoryPlan& plan;
  uint32_t block_events;  // at most 256
  std::vector<View> views;
  std::vector<Value> values;
  std::vector<Age> ages;
  std::vector<Category> categories;
  std::vector<uint32_t> view_of_group;
  std::vector<uint32_t> part_of_feature;  // of the kind that its aggregate reads
};

struct ViewPart {
  uint64_t count = 0;
  int64_t known = INT64_MIN;    // when all of them are
  int64_t first = 0, last = 0;  // times
  uint64_t gap = 0;             // the longest between neighbours
};

struct ValuePart {
  uint64_t present = 0, count = 0;  // values that are there; of these on the grid
  WindowSum sum;
  WindowSquares squares;
  double smallest = 0, largest = 0;

  void add(double value, int32_t exponent);
  void add(const ValuePart& other);
};

struct AgePart {
  EwmBucket bucket;
  bool is_empty = true, is_mixed = false;  // of several half-lives: look at the events
};

/// For each event of a block, when the event before it of the same category was; so the first of a
/// window is one whose `previous` is before the window.
struct CategoryPart {
  std::vector<int64_t> previous;  // kNotThere of events without the category
  std::vector<uint8_t> order;     // ascending by previous; empty while the block grows
};

/// No event of the category was before.
inline constexpr int64_t kNoPrevious = INT64_MIN;
inline constexpr int64_t kNotThere = INT64_MAX;

struct EventBlock {
  uint64_t start = 0;  // of its first event, counted from the key's first
  uint32_t count = 0;
  bool is_summed = true;  // false: events of it are gone
  std::vector<ViewPart> views;
  std::vector<ValuePart> values;
  std::vector<AgePart> ages;
  std::vector<CategoryPart> categories;
};

/// Words to times: when the last event of each category was.
class LatestTimes {
 public:
  /// The time before, kNoPrevious where there is none.
  int64_t exchange(uint64_t word, int64_t time, int64_t oldest);
  int64_t find(uint64_t word) const;
  uint64_t bytes() const { return cells_.size() * sizeof(Cell); }

 private:
  struct Cell {
    uint64_t word = 0;
    int64_t time = kNoPrevious;
  };
  uint64_t place(uint64_t word) const;
  void rebuild(int64_t oldest);

  std::vector<Cell> cells_;
  uint64_t used_ = 0;
};

class EventBlocks {
 public:
  EventBlocks(const BlockLayout& layout, const EventView& events);

  /// An event was put at `place` of `events`.
  void insert(const EventView& events, uint32_t place);
  /// The oldest `count` events went.
  void drop(uint32_t count);
  uint64_t bytes() const;

  const std::vector<EventBlock>& blocks() const { return blocks_; }
  /// Where a block's first event is among those that are alive.
  uint32_t index_of(const EventBlock& block) const {
    return static_cast<uint32_t>(block.start - dropped_);
  }

 private:
  void append(const EventView& events, uint32_t event);
  void put_between(const EventView& events, uint32_t event);
  void link_category(const EventView& events, uint32_t event, size_t category, size_t block);
  EventBlock& block_of(uint32_t event);
  EventBlock empty_block(uint64_t start) const;
  void add(EventBlock* block, const EventView& events, uint32_t event) const;
  void sum(EventBlock* block, const EventView& events) const;
  void split(size_t block, const EventView& events);

  const BlockLayout& layout_;
  std::vector<EventBlock> blocks_;
  std::vector<LatestTimes> latest_;  // of each category
  uint64_t dropped_ = 0;
};

}  // namespace mainspring

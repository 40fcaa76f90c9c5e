// Partial aggregates over blocks of one key's events, for keys that have many: a window is two
// edges that are looked at, and blocks between them that are already summed.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "history/event_words.hpp"
#include "history/ewm_sum.hpp"
#include "history/latest_events.hpp"
#include "history/value_part.hpp"

namespace mainspring {

/// Which parts a block has; made once for a plan. A view is what features of equal availability and
/// condition see: the events for which the condition holds and that are known one day.
struct BlockLayout {
  struct View {
    uint32_t available, condition;
  };
  struct Value {
    uint32_t view, value;
    bool has_squares;
  };
  struct Age {
    uint32_t view, value;
    int64_t half_life;
  };
  struct Category {
    uint32_t view, category;
  };
  /// Values counted between edges; the counts of all parts lie in one row.
  struct Bins {
    uint32_t view, value, edges;
    uint32_t first = 0;  // of its counts in the row
  };

  BlockLayout(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
              uint32_t block_events);
  bool is_member(const EventView& events, uint32_t event, uint32_t view) const;
  /// Whether an event has a category and its view sees it.
  bool has_category(const EventView& events, uint32_t event, size_t category) const;
  int64_t known(const EventView& events, uint32_t event, uint32_t view) const;

  const HistoryPlan& plan;
  uint32_t block_events;
  std::vector<View> views;
  std::vector<Value> values;
  std::vector<Age> ages;
  std::vector<Category> categories;
  std::vector<Bins> bins;
  uint32_t num_bins = 0;  // of a row
  std::vector<uint32_t> view_of_group;
  std::vector<uint32_t> part_of_feature;  // of the kind that its aggregate reads
};

struct ViewPart {
  uint64_t count = 0;
  int64_t known = INT64_MIN;    // when all of them are
  int64_t first = 0, last = 0;  // times
  uint64_t gap = 0;             // the longest between neighbours
};

struct AgePart {
  EwmBucket bucket;
  bool is_empty = true, is_mixed = false;  // of several half-lives: look at the events
};

struct EventBlock {
  uint64_t start = 0;  // of its first event, counted from the key's first
  uint32_t count = 0;
  bool is_summed = true;  // false: events of it are gone
};

/// How many events back the one before of the same category is. So an event is the first of its
/// category in a window when this is more than its place in the window. Of one that has no
/// category: never more than any place.
inline constexpr int32_t kNotThere = 0;
/// No event of the category was before.
inline constexpr int32_t kNoPrevious = INT32_MAX;

/// Parts of all blocks lie one after another: a window reads them in a row.
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
  const ViewPart& view(size_t block, uint32_t view) const {
    return views_[block * layout_.views.size() + view];
  }
  const ValuePart& value(size_t block, uint32_t value) const {
    return values_[block * layout_.values.size() + value];
  }
  const AgePart& age(size_t block, uint32_t age) const {
    return ages_[block * layout_.ages.size() + age];
  }
  /// Adds how often each bin of a part comes in the blocks [first, end).
  void add_bins(size_t first, size_t end, const BlockLayout::Bins& part,
                std::span<uint32_t> counts) const;
  /// The block of an event that is alive.
  size_t block_of(uint32_t event) const;
  /// Of each event that is alive, in one category.
  const int32_t* distances(uint32_t category) const {
    return distances_[category].data() + num_gone_;
  }

 private:
  void append(const EventView& events, uint32_t event);
  void put_between(const EventView& events, uint32_t event);
  void link_category(const EventView& events, uint32_t event, size_t category);
  /// Adds an event to the counts behind it: those of the blocks from `first_block` on, and of all.
  void count_bins(const EventView& events, uint32_t event, size_t first_block);
  /// The counts before a block; of the number of blocks: all.
  uint32_t* bins_before(size_t block) {
    return block < blocks_.size() ? below_.data() + block * layout_.num_bins : counted_.data();
  }
  void insert_block(size_t number, uint64_t start);
  void add(size_t block, const EventView& events, uint32_t event);
  void sum(size_t block, const EventView& events);
  void split(size_t block, const EventView& events);

  const BlockLayout& layout_;
  std::vector<EventBlock> blocks_;
  std::vector<ViewPart> views_;
  std::vector<ValuePart> values_;
  std::vector<AgePart> ages_;
  // Counts of bins before each block, and of all events so far: a window's are differences.
  std::vector<uint32_t> below_, counted_;
  std::vector<std::vector<int32_t>> distances_;  // of each category; the first num_gone_ are gone
  std::vector<LatestEvents> latest_;
  uint64_t dropped_ = 0;
  size_t num_gone_ = 0;
};

}  // namespace mainspring

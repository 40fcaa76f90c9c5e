// The last event of each category of one key: four bytes a cell, since the categories themselves
// are read where the events are.
#pragma once
#include <cstdint>
#include <vector>

#include "history/event_words.hpp"

namespace mainspring {

/// Events are named by their place among those that are alive; `dropped` events were before these.
class LatestEvents {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// `word`: the column of categories.
  explicit LatestEvents(uint32_t word) : word_(word) {}

  /// The last event with the category of `event`; kNone where none is alive.
  uint32_t find(const EventView& events, uint64_t dropped, uint32_t event) const;
  /// `event` is the last of its category from now on; returns the one before.
  uint32_t exchange(const EventView& events, uint64_t dropped, uint32_t event);
  /// An event was put at `place`: those behind it are one further.
  void make_room(uint64_t dropped, uint32_t place);
  uint64_t bytes() const { return cells_.capacity() * sizeof(uint32_t); }

 private:
  uint64_t place_of(const EventView& events, uint64_t dropped, uint64_t word) const;
  void rebuild(const EventView& events, uint64_t dropped);

  uint32_t word_;
  uint32_t used_ = 0;
  uint64_t origin_ = 0;          // events dropped when the cells were made
  std::vector<uint32_t> cells_;  // 0: empty; else 1 + the event's number from the origin on
};

}  // namespace mainspring

// Linear probing; cells of events that are gone stay until the table is made again.
#include "history/latest_events.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirstCells = 16;
constexpr uint64_t kFarthest = uint64_t{1} << 30;  // of an event from the origin, to fit its cell

}  // namespace

uint64_t LatestEvents::place_of(const EventView& events, uint64_t dropped, uint64_t word) const {
  const uint64_t mixed = word * 0x9E3779B97F4A7C15ull, mask = cells_.size() - 1;
  uint64_t at = (mixed ^ (mixed >> 32)) & mask;
  while (cells_[at] != 0) {
    const uint64_t number = origin_ + cells_[at] - 1;
    if (number >= dropped && events.word(word_, static_cast<uint32_t>(number - dropped)) == word) {
      break;
    }
    at = (at + 1) & mask;
  }
  return at;
}

uint32_t LatestEvents::find(const EventView& events, uint64_t dropped, uint32_t event) const {
  if (cells_.empty()) return kNone;
  const uint32_t cell = cells_[place_of(events, dropped, events.word(word_, event))];
  return cell == 0 ? kNone : static_cast<uint32_t>(origin_ + cell - 1 - dropped);
}

uint32_t LatestEvents::exchange(const EventView& events, uint64_t dropped, uint32_t event) {
  if ((used_ + uint64_t{1}) * 8 > cells_.size() * 5 || dropped - origin_ > kFarthest) {
    rebuild(events, dropped);
  }
  uint32_t& cell = cells_[place_of(events, dropped, events.word(word_, event))];
  const uint32_t before = cell;
  cell = static_cast<uint32_t>(dropped + event - origin_ + 1);
  if (before == 0) {
    ++used_;
    return kNone;
  }
  return static_cast<uint32_t>(origin_ + before - 1 - dropped);
}

void LatestEvents::make_room(uint64_t dropped, uint32_t place) {
  const auto first = static_cast<uint32_t>(dropped + place - origin_ + 1);
  for (uint32_t& cell : cells_) cell += cell >= first ? 1 : 0;
}

void LatestEvents::rebuild(const EventView& events, uint64_t dropped) {
  std::vector<uint32_t> old = std::move(cells_);
  uint64_t alive = 0;
  for (const uint32_t cell : old) alive += cell != 0 && origin_ + cell - 1 >= dropped ? 1 : 0;
  uint64_t capacity = kFirstCells;
  while (capacity < alive * 2) capacity *= 2;
  const uint64_t before = origin_;
  origin_ = dropped;
  used_ = static_cast<uint32_t>(alive);
  cells_ = std::vector<uint32_t>(capacity);
  for (const uint32_t cell : old) {
    if (cell == 0 || before + cell - 1 < dropped) continue;
    const auto event = static_cast<uint32_t>(before + cell - 1 - dropped);
    cells_[place_of(events, dropped, events.word(word_, event))] = event + 1;
  }
}

}  // namespace mainspring

// The keys of one shard of a state and their events: found by hash, grown by appending, freed when
// nothing of them can be seen any more.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history/event_blocks.hpp"
#include "history/event_words.hpp"

namespace mainspring {

/// One key's events: columns of `capacity` words each, those at [first, first + count) are alive.
struct KeySlot {
  std::string key;
  std::unique_ptr<uint64_t[]> words;
  uint32_t capacity = 0, first = 0, count = 0;
  uint32_t hash = 0;
  int64_t known_since = INT64_MIN;      // events before it may be gone
  std::unique_ptr<EventBlocks> blocks;  // of a key with many events

  EventView events() const { return {words.get() + first, capacity, count}; }
};

class KeySlots {
 public:
  /// The layout of blocks must outlive the slots.
  explicit KeySlots(const BlockLayout& layout)
      : layout_(layout), num_words_(layout.plan.num_words()) {
    cells_.resize(64);
  }

  /// Brings the cell of a key near.
  void fetch(uint64_t hash) const { __builtin_prefetch(&cells_[(hash >> 32) & mask()]); }
  /// Brings a key's slot near, then its events, one after the other: each is found through the one
  /// before.
  void fetch_slot(uint64_t hash) const;
  void fetch_events(uint64_t hash) const;
  /// Null where the key is not there.
  KeySlot* find(std::string_view key, uint64_t hash);
  KeySlot& find_or_add(std::string_view key, uint64_t hash);

  /// Puts an event at `place` among a slot's events; `words` are its columns.
  void insert(KeySlot* slot, uint32_t place, const uint64_t* words);
  /// Takes away the oldest events before `time`, at most `limit` of them.
  void drop_before(KeySlot* slot, int64_t time, uint32_t limit);
  /// Looks at the next `count` slots: drops what is before `time`, and frees keys without events.
  void sweep(int64_t time, uint32_t count);

  /// Events of keys that are not there may be gone before this time.
  int64_t forgotten_before() const { return forgotten_before_; }
  void forget_before(int64_t time) { forgotten_before_ = time; }
  uint64_t num_keys() const { return num_keys_; }
  uint64_t num_events() const { return num_events_; }
  /// What was dropped and freed so far.
  uint64_t num_evicted_events() const { return num_evicted_events_; }
  uint64_t num_evicted_keys() const { return num_evicted_keys_; }
  /// Bytes held: of events with the room around them, and of keys with their cells.
  uint64_t event_bytes() const { return event_bytes_; }
  uint64_t key_bytes() const;
  /// What a new key takes at most, its first events' room with it.
  uint64_t bytes_of_new(std::string_view key) const;

  template <class Fn>
  void for_each(Fn fn) const {
    for (const std::unique_ptr<KeySlot>& slot : slots_) {
      if (slot != nullptr) fn(*slot);
    }
  }

 private:
  struct Cell {
    uint32_t hash = 0;
    uint32_t slot = UINT32_MAX;
  };
  uint64_t mask() const { return cells_.size() - 1; }
  /// The slot that a key most likely has; null: none.
  const KeySlot* likely_slot(uint64_t hash) const;
  void grow_cells();
  void resize(KeySlot* slot, uint32_t capacity);
  /// Over the room of events that are gone.
  void move_to_front(KeySlot* slot);
  /// Changes a slot's blocks, and counts the memory.
  template <class Change>
  void change_blocks(KeySlot* slot, Change change);
  void erase(uint32_t slot);

  const BlockLayout& layout_;
  uint32_t num_words_;
  std::vector<Cell> cells_;
  std::vector<std::unique_ptr<KeySlot>> slots_;
  std::vector<uint32_t> free_;
  uint64_t num_keys_ = 0, num_events_ = 0, event_bytes_ = 0, long_key_bytes_ = 0;
  uint64_t num_evicted_events_ = 0, num_evicted_keys_ = 0;
  uint32_t next_swept_ = 0;
  int64_t forgotten_before_ = INT64_MIN;
};

}  // namespace mainspring

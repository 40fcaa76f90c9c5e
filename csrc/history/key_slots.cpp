// Linear probing whose cells move back when one is freed, so that no marks of the dead are left.
#include "history/key_slots.hpp"

#include <algorithm>
#include <cstring>

namespace mainspring {

namespace {

constexpr uint32_t kFirstCapacity = 2;
constexpr uint32_t kBlocksOfMany = 2;  // blocks' worth of events from which on a key has blocks
constexpr uint64_t kAllocation = 16;   // bytes that an allocator adds
constexpr size_t kShortKey = 15;       // longer ones lie outside the slot
constexpr uint32_t kAhead = 8;         // slots between a fetch and its use

/// Room for one more event than `count`: keys with few grow by half, those with many by an eighth,
/// since most of the memory is theirs.
uint32_t grown(uint32_t count) {
  const uint32_t more = count < 16 ? count / 2 : count < 64 ? count / 4 : count / 8;
  return std::max(count + std::max(more, 1u), kFirstCapacity);
}

uint32_t cell_hash(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

}  // namespace

const KeySlot* KeySlots::likely_slot(uint64_t hash) const {
  const uint32_t short_hash = cell_hash(hash);
  for (uint64_t at = short_hash & mask(); cells_[at].slot != UINT32_MAX; at = (at + 1) & mask()) {
    if (cells_[at].hash == short_hash) return slots_[cells_[at].slot].get();
  }
  return nullptr;
}

void KeySlots::fetch_slot(uint64_t hash) const {
  const auto* slot = reinterpret_cast<const char*>(likely_slot(hash));
  if (slot == nullptr) return;
  __builtin_prefetch(slot, 1);
  __builtin_prefetch(slot + sizeof(KeySlot) - 1, 1);
}

void KeySlots::fetch_events(uint64_t hash) const {
  const KeySlot* slot = likely_slot(hash);
  if (slot == nullptr) return;
  const uint64_t* words = slot->words.get() + slot->first;
  __builtin_prefetch(words);  // the oldest may leave
  for (uint32_t column = 0; column < num_words_; ++column) {
    __builtin_prefetch(words + uint64_t{column} * slot->capacity + slot->count, 1);
  }
}

KeySlot* KeySlots::find(std::string_view key, uint64_t hash) {
  const uint32_t short_hash = cell_hash(hash);
  for (uint64_t at = short_hash & mask(); cells_[at].slot != UINT32_MAX; at = (at + 1) & mask()) {
    if (cells_[at].hash != short_hash) continue;
    KeySlot* slot = slots_[cells_[at].slot].get();
    if (slot->key == key) return slot;
  }
  return nullptr;
}

KeySlot& KeySlots::find_or_add(std::string_view key, uint64_t hash) {
  if (KeySlot* found = find(key, hash); found != nullptr) return *found;
  if ((num_keys_ + 1) * 2 > cells_.size()) grow_cells();
  uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  slots_[number] = std::make_unique<KeySlot>();
  KeySlot& slot = *slots_[number];
  slot.key = key;
  slot.hash = cell_hash(hash);
  slot.known_since = forgotten_before_;  // it may have been here before, and was freed
  if (key.size() > kShortKey) long_key_bytes_ += key.size() + 1;
  uint64_t at = slot.hash & mask();
  while (cells_[at].slot != UINT32_MAX) at = (at + 1) & mask();
  cells_[at] = {slot.hash, number};
  ++num_keys_;
  return slot;
}

void KeySlots::grow_cells() {
  std::vector<Cell> old(cells_.size() * 2);
  old.swap(cells_);
  for (const Cell& cell : old) {
    if (cell.slot == UINT32_MAX) continue;
    uint64_t at = cell.hash & mask();
    while (cells_[at].slot != UINT32_MAX) at = (at + 1) & mask();
    cells_[at] = cell;
  }
}

void KeySlots::move_to_front(KeySlot* slot) {
  for (uint32_t column = 0; column < num_words_; ++column) {
    uint64_t* words = slot->words.get() + uint64_t{column} * slot->capacity;
    std::memmove(words, words + slot->first, slot->count * sizeof(uint64_t));
  }
  slot->first = 0;
}

void KeySlots::resize(KeySlot* slot, uint32_t capacity) {
  std::unique_ptr<uint64_t[]> words(new uint64_t[uint64_t{capacity} * num_words_]);
  for (uint32_t column = 0; column < num_words_ && slot->count != 0; ++column) {
    std::memcpy(words.get() + uint64_t{column} * capacity,
                slot->words.get() + uint64_t{column} * slot->capacity + slot->first,
                slot->count * sizeof(uint64_t));
  }
  event_bytes_ += (uint64_t{capacity} - slot->capacity) * num_words_ * sizeof(uint64_t);
  slot->words = std::move(words);
  slot->capacity = capacity;
  slot->first = 0;
}

template <class Change>
void KeySlots::change_blocks(KeySlot* slot, Change change) {
  event_bytes_ -= slot->blocks == nullptr ? 0 : slot->blocks->bytes();
  change(&slot->blocks);
  event_bytes_ += slot->blocks == nullptr ? 0 : slot->blocks->bytes();
}

void KeySlots::insert(KeySlot* slot, uint32_t place, const uint64_t* words) {
  if (slot->first + slot->count == slot->capacity) {
    // What was dropped in front makes room where it is enough not to do so again soon.
    if (slot->first > 0 && slot->first >= slot->count / 8) {
      move_to_front(slot);
    } else {
      resize(slot, grown(slot->count));
    }
  }
  for (uint32_t column = 0; column < num_words_; ++column) {
    uint64_t* base = slot->words.get() + uint64_t{column} * slot->capacity + slot->first;
    std::memmove(base + place + 1, base + place, (slot->count - place) * sizeof(uint64_t));
    base[place] = words[column];
  }
  ++slot->count;
  ++num_events_;
  if (slot->blocks == nullptr && slot->count < kBlocksOfMany * layout_.block_events) return;
  change_blocks(slot, [&](std::unique_ptr<EventBlocks>* blocks) {
    if (*blocks == nullptr) {
      *blocks = std::make_unique<EventBlocks>(layout_, slot->events());
    } else {
      (*blocks)->insert(slot->events(), place);
    }
  });
}

void KeySlots::drop_before(KeySlot* slot, int64_t time, uint32_t limit) {
  const EventView events = slot->events();
  uint32_t gone = 0;
  while (gone < events.count && gone < limit && events.time(gone) < time) ++gone;
  if (gone == 0) return;
  slot->known_since = std::max(slot->known_since, events.time(gone - 1) + 1);
  slot->first += gone;
  slot->count -= gone;
  num_events_ -= gone;
  num_evicted_events_ += gone;
  if (slot->blocks != nullptr) {
    change_blocks(slot, [&](std::unique_ptr<EventBlocks>* blocks) {
      if (slot->count < layout_.block_events) {
        blocks->reset();
      } else {
        (*blocks)->drop(gone);
      }
    });
  }
  // Memory follows when more than half is empty; a key without events is freed as a whole.
  if (slot->count != 0 && slot->capacity > 2 * kFirstCapacity && slot->count * 2 < slot->capacity) {
    resize(slot, grown(slot->count));
  }
}

void KeySlots::sweep(int64_t time, uint32_t count) {
  constexpr uint32_t kDropped = 64;
  for (; count > 0 && !slots_.empty(); --count) {
    if (next_swept_ >= slots_.size()) next_swept_ = 0;
    // A slot twice as far ahead, and the events of one that has come near.
    if (count > 2 * kAhead && next_swept_ + 2 * kAhead < slots_.size()) {
      __builtin_prefetch(slots_[next_swept_ + 2 * kAhead].get());
      const KeySlot* next = slots_[next_swept_ + kAhead].get();
      if (next != nullptr) __builtin_prefetch(next->words.get() + next->first);
    }
    const uint32_t number = next_swept_++;
    KeySlot* slot = slots_[number].get();
    if (slot == nullptr) continue;
    drop_before(slot, time, kDropped);
    if (slot->count == 0) erase(number);
  }
}

void KeySlots::erase(uint32_t number) {
  const KeySlot& slot = *slots_[number];
  uint64_t hole = slot.hash & mask();
  while (cells_[hole].slot != number) hole = (hole + 1) & mask();
  for (uint64_t at = (hole + 1) & mask(); cells_[at].slot != UINT32_MAX; at = (at + 1) & mask()) {
    const uint64_t home = cells_[at].hash & mask();
    // A cell may move to the hole when its home does not lie behind it.
    if (((at - home) & mask()) < ((at - hole) & mask())) continue;
    cells_[hole] = cells_[at];
    hole = at;
  }
  cells_[hole] = Cell{};
  event_bytes_ -= uint64_t{slot.capacity} * num_words_ * sizeof(uint64_t) +
                  (slot.blocks == nullptr ? 0 : slot.blocks->bytes());
  if (slot.key.size() > kShortKey) long_key_bytes_ -= slot.key.size() + 1;
  forgotten_before_ = std::max(forgotten_before_, slot.known_since);
  slots_[number].reset();
  free_.push_back(number);
  --num_keys_;
  ++num_evicted_keys_;
}

uint64_t KeySlots::bytes_of_new(std::string_view key) const {
  // Cells and slots may double with it: four cells and two places a key.
  return sizeof(KeySlot) + 2 * kAllocation + 4 * sizeof(Cell) + 2 * sizeof(void*) +
         (key.size() > kShortKey ? key.size() + 1 : 0) +
         uint64_t{kFirstCapacity} * num_words_ * sizeof(uint64_t);
}

uint64_t KeySlots::key_bytes() const {
  return cells_.size() * sizeof(Cell) + slots_.capacity() * sizeof(void*) +
         num_keys_ * (sizeof(KeySlot) + 2 * kAllocation) + long_key_bytes_;
}

}  // namespace mainspring

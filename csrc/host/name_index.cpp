// An open-addressing table of places, compared by hash before by name.
#include "host/name_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

uint32_t hash_of(std::string_view name) {
  return static_cast<uint32_t>(
      hash_bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size()));
}

}  // namespace

NameIndex::NameIndex(std::vector<std::string_view> names)
    : names_(std::move(names)), slots_(std::bit_ceil(2 * names_.size() + 1), Slot{0, kNone}) {
  for (uint32_t place = 0; place < names_.size(); ++place) {
    const uint32_t hash = hash_of(names_[place]);
    Slot& slot = slots_[slot_of(names_[place], hash)];
    if (slot.place == kNone) {
      slot = {hash, place};
    } else {
      twice_.push_back(names_[place]);
    }
  }
}

uint32_t NameIndex::find(std::string_view name) const {
  const Slot& slot = slots_[slot_of(name, hash_of(name))];
  const bool is_twice =
      !twice_.empty() && std::find(twice_.begin(), twice_.end(), name) != twice_.end();
  return is_twice ? kTwice : slot.place;
}

uint64_t NameIndex::slot_of(std::string_view name, uint32_t hash) const {
  const uint64_t mask = slots_.size() - 1;
  uint64_t at = hash & mask;
  while (slots_[at].place != kNone &&
         (slots_[at].hash != hash || names_[slots_[at].place] != name)) {
    at = (at + 1) & mask;
  }
  return at;
}

}  // namespace mainspring

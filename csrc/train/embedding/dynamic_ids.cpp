// Rows by id in an open hash table of row numbers; ids and counts lie by row.
#include "train/embedding/dynamic_ids.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/core/hash.hpp"

namespace mainspring::train {

uint64_t DynamicIds::slot_of(int64_t id) const {
  const uint64_t mask = slots_.size() - 1;
  uint64_t slot = hash_u64(static_cast<uint64_t>(id)) & mask;
  while (slots_[slot] != 0 && entries_[slots_[slot]].id != id) slot = (slot + 1) & mask;
  return slot;
}

int64_t DynamicIds::row_of(int64_t id) const { return slots_[slot_of(id)]; }

/// At most half of the slots are taken.
void DynamicIds::rebuild(uint64_t num_entries) {
  slots_.assign(std::bit_ceil(std::max<uint64_t>(16, 2 * num_entries + 1)), 0);
  for (size_t row = 1; row < entries_.size(); ++row) {
    if (entries_[row].count == 0) continue;
    slots_[slot_of(entries_[row].id)] = static_cast<uint32_t>(row);
  }
}

void DynamicIds::put(int64_t id, int64_t row) {
  if (2 * (static_cast<uint64_t>(num_ids_) + 1) > slots_.size()) {
    rebuild(2 * (static_cast<uint64_t>(num_ids_) + 1));
  }
  slots_[slot_of(id)] = static_cast<uint32_t>(row);
  ++num_ids_;
}

void DynamicIds::list_free_rows() {
  free_rows_.clear();
  for (int64_t row = num_rows() - 1; row > 0; --row) {
    if (entries_[row].count == 0) free_rows_.push_back(row);
  }
}

void DynamicIds::find(std::span<const int64_t> ids, int64_t* rows) const {
  for (size_t i = 0; i < ids.size(); ++i) rows[i] = row_of(ids[i]);
}

int64_t DynamicIds::evict(int64_t needed, int64_t keep_from) {
  std::vector<int64_t> leaving;
  for (int64_t row = 1; row < num_rows(); ++row) {
    if (entries_[row].count > 0 && entries_[row].last_call < keep_from) leaving.push_back(row);
  }
  if (static_cast<int64_t>(leaving.size()) < needed) return -1;
  const int64_t wanted =
      std::min<int64_t>(std::max(needed, num_ids_ / 16), static_cast<int64_t>(leaving.size()));
  const auto is_before = [&](int64_t a, int64_t b) {
    const Entry &x = entries_[a], &y = entries_[b];
    if (x.count != y.count) return x.count < y.count;
    if (x.last_call != y.last_call) return x.last_call < y.last_call;
    return a < b;
  };
  std::nth_element(leaving.begin(), leaving.begin() + (wanted - 1), leaving.end(), is_before);
  for (int64_t i = 0; i < wanted; ++i) entries_[leaving[i]].count = 0;
  num_ids_ -= wanted;
  for (Entry& entry : entries_) entry.count -= entry.count / 2;
  rebuild(2 * static_cast<uint64_t>(num_ids_));
  list_free_rows();
  return wanted;
}

Assigned DynamicIds::assign(std::span<const int64_t> ids, int64_t max_rows, int64_t keep_from,
                            int64_t* rows) {
  Assigned done;
  // Different new ids in the order of their first places: sorted by id, then by place.
  std::vector<std::pair<int64_t, size_t>> unknown;
  for (size_t i = 0; i < ids.size(); ++i) {
    rows[i] = row_of(ids[i]);
    if (rows[i] == 0) unknown.emplace_back(ids[i], i);
  }
  std::sort(unknown.begin(), unknown.end());
  std::vector<size_t> firsts;
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (i == 0 || unknown[i].first != unknown[i - 1].first) firsts.push_back(unknown[i].second);
  }
  std::sort(firsts.begin(), firsts.end());
  done.num_new = static_cast<int64_t>(firsts.size());
  const int64_t call = num_calls_ + 1;
  const int64_t missing = num_ids_ + done.num_new - (max_rows - 1);
  if (missing > 0) {
    // Known ids of this call must stay: they are marked before, and set back when there is no room.
    std::vector<std::pair<int64_t, int64_t>> before;
    for (size_t i = 0; i < ids.size(); ++i) {
      Entry& entry = entries_[rows[i]];
      if (rows[i] == 0 || entry.last_call == call) continue;
      before.emplace_back(rows[i], entry.last_call);
      entry.last_call = call;
    }
    done.num_evicted = evict(missing, std::min(keep_from, call));
    if (done.num_evicted < 0) {
      for (const auto& [row, last] : before) entries_[row].last_call = last;
      done.num_evicted = 0;
      done.has_room = false;
      return done;
    }
  }
  num_calls_ = call;
  for (const size_t place : firsts) {
    int64_t row = num_rows();
    if (free_rows_.empty()) {
      entries_.emplace_back();
    } else {
      row = free_rows_.back();
      free_rows_.pop_back();
    }
    // The entry first: the hash table compares ids through it.
    entries_[row] = {ids[place], 1, call};
    put(ids[place], row);
    done.fresh_rows.push_back(row);
    done.fresh_ids.push_back(ids[place]);
  }
  for (const int64_t row : done.fresh_rows) entries_[row].count = 0;  // counted like all others
  for (size_t i = 0; i < ids.size(); ++i) {
    if (rows[i] == 0) rows[i] = row_of(ids[i]);
    ++entries_[rows[i]].count;
    entries_[rows[i]].last_call = call;
  }
  return done;
}

std::vector<int64_t> DynamicIds::state() const {
  std::vector<int64_t> numbers;
  numbers.reserve(3 * entries_.size());
  for (const Entry& entry : entries_) {
    numbers.insert(numbers.end(), {entry.id, entry.count, entry.last_call});
  }
  return numbers;
}

bool DynamicIds::restore(std::span<const int64_t> numbers, int64_t num_calls) {
  if (numbers.size() < 3 || numbers.size() % 3 != 0 || num_calls < 0) return false;
  std::vector<Entry> entries;
  std::vector<int64_t> seen;
  for (size_t i = 0; i < numbers.size(); i += 3) {
    entries.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
    if (numbers[i + 1] < 0 || numbers[i + 2] < 0 || numbers[i + 2] > num_calls) return false;
    if (numbers[i + 1] > 0) seen.push_back(numbers[i]);
  }
  if (entries[0].count != 0 || entries.size() > UINT32_MAX) return false;
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) return false;
  entries_ = std::move(entries);
  num_ids_ = static_cast<int64_t>(seen.size());
  num_calls_ = num_calls;
  rebuild(2 * static_cast<uint64_t>(num_ids_));
  list_free_rows();
  return true;
}

void draw_rows_of_ids(std::span<const int64_t> ids, int64_t width, uint64_t seed, float scale,
                      float* out) {
  for (const int64_t id : ids) {
    const uint64_t key = combine_hashes(hash_u64(seed), hash_u64(static_cast<uint64_t>(id)));
    for (int64_t d = 0; d < width; ++d) {
      // 24 bits: exact in float32.
      const uint64_t bits = mix_row(key, static_cast<uint64_t>(d)) >> 40;
      *out++ = scale * (static_cast<float>(bits) * (2.0F / (1U << 24)) - 1.0F);
    }
  }
}

}  // namespace mainspring::train

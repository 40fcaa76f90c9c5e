// Rows brought together by key: events of a key side by side in their order, requests likewise.
#pragma once
#include <cstdint>
#include <vector>

#include "history/event_words.hpp"
#include "history/key_ids.hpp"

namespace mainspring {

/// Events of key k lie at [starts[k], starts[k] + counts[k]) of every column.
class KeyedEvents {
 public:
  /// Takes copies of the words. Events without time or key are left out.
  KeyedEvents(const HistoryPlan& plan, const EventTable& events, const uint32_t* ids,
              uint32_t num_keys);

  uint32_t num_keys() const { return static_cast<uint32_t>(counts_.size()); }
  uint64_t start(uint32_t key) const { return starts_[key]; }
  EventView events(uint32_t key) const {
    return {words_.data() + starts_[key], stride_, counts_[key]};
  }
  /// Puts a key's events in order and takes redeliveries out. Once for each key, from any thread;
  /// returns how many were taken out of those from `counted_from` on.
  uint32_t put_in_order(uint32_t key, int64_t counted_from);
  /// Categories as numbers from 0 on; returns how many there are of each.
  std::vector<uint32_t> number_categories();

 private:
  const HistoryPlan& plan_;
  FirstAvailability first_availability_;
  uint64_t stride_ = 0;
  GrowingArray<uint64_t> words_;
  std::vector<uint64_t> starts_;  // num_keys + 1
  std::vector<uint32_t> counts_;
};

/// Requests by key, ascending by time; those without time or key are left out.
struct KeyedRequests {
  KeyedRequests(const uint64_t* times, uint64_t num_rows, const uint32_t* ids, uint32_t num_keys);
  void put_in_order(uint32_t key);

  std::vector<uint64_t> starts;  // num_keys + 1
  GrowingArray<uint32_t> rows;
  GrowingArray<int64_t> times;
};

}  // namespace mainspring

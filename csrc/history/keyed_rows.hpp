// Rows brought together by key: events of a key side by side in their order, requests likewise.
#pragma once
#include <cstdint>
#include <vector>

#include "history/event_words.hpp"
#include "history/key_ids.hpp"

namespace mainspring {

/// Where rows go when those of a key are brought together, each key's in their order.
struct KeyPlaces {
  static constexpr uint32_t kLeftOut = UINT32_MAX;  // of rows without a time or a key
  /// Throws Error(kData) where there are too many rows.
  KeyPlaces(const uint64_t* times, uint64_t num_rows, const uint32_t* ids, uint32_t num_keys);
  /// Of one side of keys that are their numbers.
  KeyPlaces(const uint64_t* times, uint64_t num_rows, const PlainKeys& plain, const int64_t* keys);

  uint64_t num_rows;
  std::vector<uint64_t> starts;  // num_keys + 1: the places of key k are [starts[k], starts[k + 1])
  ScratchArray<uint32_t> places;

 private:
  /// id_of(row): the number of its key, or kNoKey.
  template <class IdOf>
  void place(const uint64_t* times, uint32_t num_keys, IdOf id_of);
};

/// Events of key k lie at [starts[k], starts[k] + counts[k]) of every column.
class KeyedEvents {
 public:
  /// Takes copies of the words.
  KeyedEvents(const HistoryPlan& plan, const EventTable& events, const KeyPlaces& places);

  uint32_t num_keys() const { return static_cast<uint32_t>(counts_.size()); }
  uint64_t start(uint32_t key) const { return starts_[key]; }
  /// Of all keys; ascending within a key once it is in order.
  const int64_t* times() const { return reinterpret_cast<const int64_t*>(words_.data()); }
  /// Whether all of them stay when they are put in order.
  bool keeps_all() const { return plan_.id.empty(); }
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
  ScratchArray<uint64_t> words_;
  std::vector<uint64_t> starts_;  // num_keys + 1
  std::vector<uint32_t> counts_;
};

/// Requests by key, ascending by time.
class KeyedRequests {
 public:
  KeyedRequests(const uint64_t* moments, KeyPlaces places);
  /// Of requests that are the events themselves, before these are put in order; their times are
  /// read where the events are.
  KeyedRequests(const KeyedEvents& events, KeyPlaces places);

  uint64_t start(uint32_t key) const { return places_.starts[key]; }
  uint64_t count() const { return places_.starts.back(); }
  /// Of all keys.
  const int64_t* times() const { return times_; }
  /// Of each row, where it is among them, or KeyPlaces::kLeftOut.
  const uint32_t* places() const { return places_.places.data(); }
  uint64_t num_rows() const { return places_.num_rows; }

 private:
  /// Keys whose requests do not ascend.
  std::vector<uint32_t> unordered() const;
  void put_in_order(const std::vector<uint32_t>& keys);

  KeyPlaces places_;
  const int64_t* times_ = nullptr;
  ScratchArray<int64_t> owned_;
};

}  // namespace mainspring

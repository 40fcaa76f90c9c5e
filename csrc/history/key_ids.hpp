// Keys of two tables as dense numbers: a history has an array with a place for every key, and no
// hash on the way of a row.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/scratch_array.hpp"
#include "host/table.hpp"

namespace mainspring {

/// The id of a row whose key is null, or that no event has.
inline constexpr uint32_t kNoKey = UINT32_MAX;

struct KeyIds {
  ScratchArray<uint32_t> requests, events;  // one for each row
  uint32_t num_keys = 0;                    // ids are below it; not every one has events
  uint64_t requests_without_key = 0;        // null keys
  uint64_t events_without_key = 0;
  bool is_shared = false;  // requests have the columns of the events: the ids of these are theirs

  const uint32_t* of_requests() const { return is_shared ? events.data() : requests.data(); }
};

/// Columns by index, in pairs; no columns: one key for all. A key with a null or NaN in any column
/// is null. Integers, booleans, dates and times are equal as integers, text and binary by their
/// bytes, floats by value. Throws Error(kSchema) when a pair is not of one kind.
KeyIds key_ids(const Table& requests, std::span<const uint32_t> request_columns,
               const Table& events, std::span<const uint32_t> event_columns);

/// Keys that are their numbers where they lie: integers of a small range.
struct PlainKeys {
  const int64_t* requests;
  const int64_t* events;
  int64_t low;
  uint64_t range;  // the largest number

  uint32_t id(int64_t key) const {
    const uint64_t number = static_cast<uint64_t>(key) - static_cast<uint64_t>(low);
    return number > range ? kNoKey : static_cast<uint32_t>(number);
  }
};
/// None where the columns are something else, lie in pieces or have nulls.
std::optional<PlainKeys> plain_keys(const Table& requests,
                                    std::span<const uint32_t> request_columns, const Table& events,
                                    std::span<const uint32_t> event_columns);

/// Each row of a column as 64 bits that are equal where the values are: integers as they are,
/// floats by their bits (-0 is 0), text and binary by their hash. valid[row]: 0 where missing.
void read_words(const Table& table, uint32_t column, uint64_t* words, uint8_t* valid);

}  // namespace mainspring

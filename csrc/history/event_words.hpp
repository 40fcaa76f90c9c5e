// Events as words of 64 bits, column by column: what tables are read into, what a key's history
// holds, and what every aggregate reads.
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "history/history_plan.hpp"
#include "host/scratch_array.hpp"
#include "host/table.hpp"

namespace mainspring {

/// When what is never known becomes available.
inline constexpr int64_t kNever = INT64_MAX;

/// The events of one key, in the order of (time, first availability, arrival).
struct EventView {
  const uint64_t* words = nullptr;  // of the first event; times
  uint64_t stride = 0;              // words between columns
  uint32_t count = 0;

  uint64_t word(uint32_t column, uint32_t event) const { return words[column * stride + event]; }
  int64_t time(uint32_t event) const { return static_cast<int64_t>(words[event]); }
  int64_t moment(uint32_t column, uint32_t event) const {
    return static_cast<int64_t>(word(column, event));
  }
  double number(uint32_t column, uint32_t event) const {
    return std::bit_cast<double>(word(column, event));
  }
};

/// What was left out, and why.
struct HistoryCounts {
  uint64_t without_time = 0;  // events
  uint64_t without_key = 0;   // events
  uint64_t late = 0;          // availabilities past the lateness, taken for never
  uint64_t duplicates = 0;    // redeliveries by id
  uint64_t off_grid = 0;      // values that are infinite or above their grid: in no sum
  uint64_t future = 0;        // events beyond the skew
  uint64_t requests_without_time = 0, requests_without_key = 0;

  HistoryCounts& operator+=(const HistoryCounts& other) {
    without_time += other.without_time;
    without_key += other.without_key;
    late += other.late;
    duplicates += other.duplicates;
    off_grid += other.off_grid;
    future += other.future;
    requests_without_time += other.requests_without_time;
    requests_without_key += other.requests_without_key;
    return *this;
  }
};

/// A table's events in their order; the time of what cannot be an event is kNoTime.
struct EventTable {
  uint64_t num_rows = 0;
  std::vector<const uint64_t*> columns;  // as the plan orders words
  std::vector<ScratchArray<uint64_t>> owned;
  HistoryCounts counts;
};

/// Throws Error(kSchema) naming the column that is missing or cannot be what the plan takes it for.
EventTable read_events(const HistoryPlan& plan, const Table& table);

/// Times of a column in microseconds, finer ones cut; where they lie, or in *owned.
const uint64_t* read_microseconds(const Table& table, uint32_t column,
                                  ScratchArray<uint64_t>* owned, uint64_t* num_missing);

/// The lowest and highest bit of a column's values so far.
struct GridRange {
  int32_t low = INT32_MAX, high = INT32_MIN;
};

/// Widens the range of every number by a table's values.
void widen_ranges(const HistoryPlan& plan, const EventTable& events,
                  std::vector<GridRange>* ranges);
/// Chooses the grid of every number; see grid_exponent().
void choose_grids(HistoryPlan* plan, const std::vector<GridRange>& ranges);

/// The first availability of an event that orders those of equal time: the event's own time where
/// some feature sees it from then on.
struct FirstAvailability {
  explicit FirstAvailability(const HistoryPlan& plan);
  int64_t of(const EventView& events, uint32_t event) const;
  std::vector<uint32_t> words;  // empty: all events of a time alike
};

}  // namespace mainspring

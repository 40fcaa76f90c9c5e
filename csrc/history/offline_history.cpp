// Reads both tables, brings rows together by key, and sweeps each key; keys are the unit of work.
#include "history/offline_history.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "history/key_ids.hpp"
#include "history/keyed_rows.hpp"
#include "history/sweep_events.hpp"
#include "history/time_column.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kWorkRows = 1 << 15;  // events and requests of one unit of work
constexpr uint64_t kGatheredRows = 1 << 14;
constexpr uint64_t kAhead = 32;  // rows between a fetch and its use

/// A run of keys, or a run of the requests of one key.
struct Piece {
  uint32_t first_key, end_key;
  uint64_t first_request, end_request;
};

uint64_t rows_of(const KeyedEvents& events, const KeyedRequests& requests, uint32_t key) {
  return events.events(key).count + requests.start(key + 1) - requests.start(key);
}

/// Runs of keys with about kWorkRows rows each.
std::vector<Piece> work_units(const KeyedEvents& events, const KeyedRequests& requests) {
  std::vector<Piece> pieces;
  uint64_t rows = 0;
  uint32_t first = 0;
  for (uint32_t key = 0; key < events.num_keys(); ++key) {
    rows += rows_of(events, requests, key);
    if (rows < kWorkRows && key + 1 < events.num_keys()) continue;
    pieces.push_back({first, key + 1, requests.start(first), requests.start(key + 1)});
    first = key + 1;
    rows = 0;
  }
  return pieces;
}

/// As before, but a key that alone would keep one thread busy while the others wait is cut in time.
std::vector<Piece> cut_units(const std::vector<Piece>& units, uint64_t num_requests) {
  const uint64_t longest = std::max(kWorkRows, num_requests / (4 * num_threads()));
  std::vector<Piece> pieces;
  for (const Piece& unit : units) {
    const uint64_t requests = unit.end_request - unit.first_request;
    if (unit.end_key - unit.first_key != 1 || requests <= longest || num_threads() == 1) {
      pieces.push_back(unit);
      continue;
    }
    const uint64_t parts = (requests + longest - 1) / longest;
    for (uint64_t part = 0; part < parts; ++part) {
      pieces.push_back({unit.first_key, unit.end_key, unit.first_request + requests * part / parts,
                        unit.first_request + requests * (part + 1) / parts});
    }
  }
  return pieces;
}

/// The events that requests from `first` to `last` can see.
EventView seen_between(const HistoryPlan& plan, const EventView& events, int64_t first,
                       int64_t last) {
  const int64_t age = plan.retention();
  const bool is_bounded = age != kUnlimited && first >= INT64_MIN + age;
  const uint32_t from = is_bounded ? first_at_or_after(events, first - age) : 0;
  const uint32_t end = first_at_or_after(events, last);
  return {events.words + from, events.stride, end - from};
}

/// Brings one feature's values from the order of keys to their rows.
void gather(const KeyedRequests& requests, const double* values, double empty, double* out) {
  const uint32_t* places = requests.places();
  const uint64_t num_rows = requests.num_rows();
  const bool is_whole = requests.count() == num_rows;
  parallel_for((num_rows + kGatheredRows - 1) / kGatheredRows, [&](uint64_t item, uint32_t) {
    const uint64_t first = item * kGatheredRows, end = std::min(num_rows, first + kGatheredRows);
    if (!is_whole) {
      for (uint64_t row = first; row < end; ++row) {
        out[row] = places[row] == KeyPlaces::kLeftOut ? empty : values[places[row]];
      }
      return;
    }
    for (uint64_t row = first; row < end; ++row) {
      if (row + kAhead < num_rows) __builtin_prefetch(values + places[row + kAhead]);
      out[row] = values[places[row]];
    }
  });
}

/// Of a request that sees no event.
std::vector<double> empty_features(const HistoryPlan& plan) {
  const std::vector<FeatureGroup> groups = plan.groups();
  std::vector<double> empty(plan.features.size());
  EventScanner(plan, groups).features(EventView{}, 0, empty.data());
  return empty;
}

}  // namespace

std::vector<uint32_t> columns_of(const Table& table, const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) columns.push_back(table.column_index(name));
  return columns;
}

void keyed_features(const HistoryPlan& plan, KeyedEvents* events, const KeyedRequests& requests,
                    int64_t counted_from, double* const* out, HistoryCounts* counts) {
  const std::vector<uint32_t> num_codes = events->number_categories();
  const std::vector<Piece> units = work_units(*events, requests);
  std::atomic<uint64_t> duplicates{0};
  parallel_for(units.size(), [&](uint64_t item, uint32_t) {
    for (uint32_t key = units[item].first_key; key < units[item].end_key; ++key) {
      duplicates += events->put_in_order(key, counted_from);
    }
  });
  counts->duplicates += duplicates;

  const std::vector<Piece> pieces = cut_units(units, requests.count());
  const std::vector<FeatureGroup> groups = plan.groups();
  const std::vector<double> empty = empty_features(plan);
  // Sweeps write in the order of keys, each feature into the column of the one behind it and the
  // last into a spare one. Brought to its rows, a feature leaves the column of the next one free:
  // one column is all the memory that this takes.
  const size_t width = plan.features.size();
  ScratchArray<double> spare(std::max<uint64_t>(requests.count(), 1));
  std::vector<double*> keyed(out + 1, out + width);
  keyed.push_back(spare.data());
  std::vector<std::unique_ptr<EventSweeper>> sweepers(num_threads());
  parallel_for(pieces.size(), [&](uint64_t item, uint32_t worker) {
    const Piece& piece = pieces[item];
    if (sweepers[worker] == nullptr) {
      sweepers[worker] = std::make_unique<EventSweeper>(plan, groups, num_codes);
    }
    std::vector<double*> mine(width);
    for (uint32_t key = piece.first_key; key < piece.end_key; ++key) {
      const uint64_t first = std::max(requests.start(key), piece.first_request);
      const uint64_t end = std::min(requests.start(key + 1), piece.end_request);
      if (first == end) continue;
      const int64_t* at = requests.times() + first;
      const auto count = static_cast<uint32_t>(end - first);
      for (size_t feature = 0; feature < width; ++feature) mine[feature] = keyed[feature] + first;
      sweepers[worker]->features(seen_between(plan, events->events(key), at[0], at[count - 1]),
                                 {at, count}, mine.data());
    }
  });
  for (size_t feature = 0; feature < width; ++feature) {
    gather(requests, keyed[feature], empty[feature], out[feature]);
  }
}

void look_at_events(const HistoryPlan& plan, const Table& events, std::vector<GridRange>* ranges) {
  HistoryPlan plain = plan;
  plain.exponents.clear();  // nothing is off a grid yet
  widen_ranges(plan, read_events(plain, events), ranges);
}

HistoryCounts offline_features(const HistoryPlan& plan, const Table& events, const Table& requests,
                               const RequestColumns& columns, double* const* out) {
  if (plan.exponents.size() != plan.numbers.size()) {
    throw Error(ErrorKind::kNotFitted,
                "events('" + plan.source + "') has no grids yet. Fit it to events first.");
  }
  const uint32_t at = requests.column_index(columns.at);
  const std::vector<uint32_t> request_keys = columns_of(requests, columns.keys);
  const std::vector<uint32_t> event_keys = columns_of(events, plan.keys);
  EventTable table = read_events(plan, events);
  if (plan.zone.empty()) {
    common_unit(requests, at, events, events.column_index(plan.time));  // zones must agree
  }
  unit_of(requests, at);
  ScratchArray<uint64_t> owned;
  uint64_t without_time = 0;
  const uint64_t* moments = read_microseconds(requests, at, &owned, &without_time);
  // Keys have numbers, unless they are numbers themselves.
  const std::optional<PlainKeys> plain = plain_keys(requests, request_keys, events, event_keys);
  const KeyIds ids = plain ? KeyIds{} : key_ids(requests, request_keys, events, event_keys);
  const auto places_of = [&](const uint64_t* times, uint64_t num_rows, bool are_events) {
    if (plain) {
      return KeyPlaces(times, num_rows, *plain, are_events ? plain->events : plain->requests);
    }
    return KeyPlaces(times, num_rows, are_events ? ids.events.data() : ids.of_requests(),
                     ids.num_keys);
  };
  KeyPlaces places = places_of(table.columns[0], table.num_rows, true);
  KeyedEvents by_key(plan, table, places);
  // Training rows often are the events: they go to the same places.
  const auto are_equal = [&](const auto* a, const auto* b) {
    return a == b || std::equal(a, a + table.num_rows, b);
  };
  const bool is_same = requests.num_rows() == table.num_rows &&
                       are_equal(moments, table.columns[0]) &&
                       (plain ? are_equal(plain->requests, plain->events)
                              : are_equal(ids.of_requests(), ids.events.data()));
  if (!is_same) places = places_of(moments, requests.num_rows(), false);
  const KeyedRequests asked = is_same ? KeyedRequests(by_key, std::move(places))
                                      : KeyedRequests(moments, std::move(places));
  HistoryCounts counts = table.counts;
  counts.without_key = ids.events_without_key;
  counts.requests_without_time = without_time;
  counts.requests_without_key = ids.requests_without_key;
  table = EventTable{};
  keyed_features(plan, &by_key, asked, INT64_MIN, out, &counts);
  return counts;
}

}  // namespace mainspring

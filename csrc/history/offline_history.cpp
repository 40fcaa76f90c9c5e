// Reads both tables, brings rows together by key, and sweeps each key; keys are the unit of work.
#include "history/offline_history.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

#include "history/key_ids.hpp"
#include "history/keyed_rows.hpp"
#include "history/sweep_events.hpp"
#include "history/time_column.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kWorkRows = 1 << 15;  // events and requests of one unit of work
constexpr uint64_t kTurnedRows = 1 << 12;
constexpr size_t kPassFeatures = 8;  // that are computed before they are put where they belong
constexpr uint64_t kAhead = 16;      // rows between a fetch and its use

/// A run of keys, or a run of the requests of one key.
struct Piece {
  uint32_t first_key, end_key;
  uint64_t first_request, end_request;
};

uint64_t rows_of(const KeyedEvents& events, const KeyedRequests& requests, uint32_t key) {
  return events.events(key).count + requests.starts[key + 1] - requests.starts[key];
}

/// Runs of keys with about kWorkRows rows each.
std::vector<Piece> work_units(const KeyedEvents& events, const KeyedRequests& requests) {
  std::vector<Piece> pieces;
  uint64_t rows = 0;
  uint32_t first = 0;
  for (uint32_t key = 0; key < events.num_keys(); ++key) {
    rows += rows_of(events, requests, key);
    if (rows < kWorkRows && key + 1 < events.num_keys()) continue;
    pieces.push_back({first, key + 1, requests.starts[first], requests.starts[key + 1]});
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

/// What a thread computes the features of a key in, before they go to their rows: a row's features
/// lie in one or two lines of memory then, and not each in its own.
struct KeyColumns {
  std::unique_ptr<EventSweeper> sweeper;
  std::vector<uint32_t> numbers;  // 0, 1, 2...
  std::vector<double> values;
  std::vector<double*> out;  // of each feature of the plan
};

/// Groups whose features are computed in one pass.
struct Pass {
  size_t first_group, end_group;
  std::vector<uint32_t> features;
};

std::vector<Pass> passes_of(const std::vector<FeatureGroup>& groups) {
  std::vector<Pass> passes;
  for (size_t group = 0; group < groups.size(); ++group) {
    const std::vector<uint32_t>& features = groups[group].features;
    if (passes.empty() || passes.back().features.size() + features.size() > kPassFeatures) {
      passes.push_back({group, group, {}});
    }
    Pass& pass = passes.back();
    pass.end_group = group + 1;
    pass.features.insert(pass.features.end(), features.begin(), features.end());
  }
  return passes;
}

/// Computes the features of a pass for some requests of a key; results lie column by column.
void sweep_requests(const HistoryPlan& plan, const Pass& pass, const EventView& events,
                    const int64_t* at, uint32_t count, KeyColumns* mine) {
  while (mine->numbers.size() < count) {
    mine->numbers.push_back(static_cast<uint32_t>(mine->numbers.size()));
  }
  const size_t wanted = pass.features.size() * count;
  if (mine->values.size() < wanted) mine->values.resize(wanted);
  for (size_t i = 0; i < pass.features.size(); ++i) {
    mine->out[pass.features[i]] = mine->values.data() + i * count;
  }
  mine->sweeper->features(seen_between(plan, events, at[0], at[count - 1]),
                          {at, mine->numbers.data(), count}, pass.first_group, pass.end_group,
                          mine->out.data());
}

/// From rows of features to columns.
void turn(const double* rows, const std::vector<uint32_t>& features, uint64_t num_rows,
          double* const* out) {
  parallel_for((num_rows + kTurnedRows - 1) / kTurnedRows, [&](uint64_t item, uint32_t) {
    const uint64_t first = item * kTurnedRows, end = std::min(num_rows, first + kTurnedRows);
    for (size_t i = 0; i < features.size(); ++i) {
      double* column = out[features[i]];
      for (uint64_t row = first; row < end; ++row) column[row] = rows[row * features.size() + i];
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

void keyed_features(const HistoryPlan& plan, KeyedEvents* events, KeyedRequests* requests,
                    uint64_t num_rows, int64_t counted_from, double* const* out,
                    HistoryCounts* counts) {
  const std::vector<uint32_t> num_codes = events->number_categories();
  const std::vector<Piece> units = work_units(*events, *requests);
  std::atomic<uint64_t> duplicates{0};
  parallel_for(units.size(), [&](uint64_t item, uint32_t) {
    for (uint32_t key = units[item].first_key; key < units[item].end_key; ++key) {
      duplicates += events->put_in_order(key, counted_from);
      requests->put_in_order(key);
    }
  });
  counts->duplicates += duplicates;

  const std::vector<Piece> pieces = cut_units(units, requests->starts.back());
  const std::vector<FeatureGroup> groups = plan.groups();
  const std::vector<double> empty = empty_features(plan);
  const bool has_others = requests->starts.back() != num_rows;
  std::vector<KeyColumns> threads(num_threads());
  const std::vector<Pass> passes = passes_of(groups);
  size_t widest = 0;
  for (const Pass& pass : passes) widest = std::max(widest, pass.features.size());
  GrowingArray<double> rows(std::max<uint64_t>(num_rows * widest, 1));  // of a pass after another
  for (const Pass& pass : passes) {
    const size_t width = pass.features.size();
    if (has_others) {
      for (size_t i = 0; i < width; ++i) {
        double* value = rows.data() + i;
        for (uint64_t row = 0; row < num_rows; ++row) value[row * width] = empty[pass.features[i]];
      }
    }
    parallel_for(pieces.size(), [&](uint64_t item, uint32_t worker) {
      const Piece& piece = pieces[item];
      KeyColumns& mine = threads[worker];
      if (mine.sweeper == nullptr) {
        mine.sweeper = std::make_unique<EventSweeper>(plan, groups, num_codes);
        mine.out.resize(plan.features.size());
      }
      for (uint32_t key = piece.first_key; key < piece.end_key; ++key) {
        const uint64_t first = std::max(requests->starts[key], piece.first_request);
        const uint64_t end = std::min(requests->starts[key + 1], piece.end_request);
        if (first == end) continue;
        const auto count = static_cast<uint32_t>(end - first);
        sweep_requests(plan, pass, events->events(key), requests->times.data() + first, count,
                       &mine);
        const uint32_t* row = requests->rows.data() + first;
        for (uint32_t i = 0; i < count; ++i) {
          if (i + kAhead < count) __builtin_prefetch(rows.data() + row[i + kAhead] * width, 1);
          double* to = rows.data() + row[i] * width;
          for (size_t feature = 0; feature < width; ++feature) {
            to[feature] = mine.values[feature * count + i];
          }
        }
      }
    });
    turn(rows.data(), pass.features, num_rows, out);
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
  GrowingArray<uint64_t> owned;
  uint64_t without_time = 0;
  const uint64_t* moments = read_microseconds(requests, at, &owned, &without_time);
  const KeyIds ids = key_ids(requests, request_keys, events, event_keys);
  const KeyPlaces places(table.columns[0], table.num_rows, ids.events.data(), ids.num_keys);
  KeyedEvents by_key(plan, table, places);
  // Training rows often are the events: they go to the same places.
  const auto are_equal = [&](const auto* a, const auto* b) {
    return a == b || std::equal(a, a + table.num_rows, b);
  };
  const bool is_same = requests.num_rows() == table.num_rows &&
                       are_equal(moments, table.columns[0]) &&
                       are_equal(ids.requests.data(), ids.events.data());
  KeyedRequests asked = is_same
                            ? KeyedRequests(by_key, places)
                            : KeyedRequests(moments, KeyPlaces(moments, requests.num_rows(),
                                                               ids.requests.data(), ids.num_keys));
  HistoryCounts counts = table.counts;
  counts.without_key = ids.events_without_key;
  counts.requests_without_time = without_time;
  counts.requests_without_key = ids.requests_without_key;
  table = EventTable{};
  keyed_features(plan, &by_key, &asked, requests.num_rows(), INT64_MIN, out, &counts);
  return counts;
}

}  // namespace mainspring

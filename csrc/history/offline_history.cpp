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

std::vector<uint32_t> columns_of(const Table& table, const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) columns.push_back(table.column_index(name));
  return columns;
}

/// Runs of keys with about kWorkRows rows each.
std::vector<uint32_t> work_units(const KeyedEvents& events, const KeyedRequests& requests) {
  std::vector<uint32_t> ends;
  uint64_t rows = 0;
  for (uint32_t key = 0; key < events.num_keys(); ++key) {
    rows += events.events(key).count + requests.starts[key + 1] - requests.starts[key];
    if (rows < kWorkRows) continue;
    ends.push_back(key + 1);
    rows = 0;
  }
  if (rows != 0) ends.push_back(events.num_keys());
  return ends;
}

/// Of a request that sees no event.
void put_empty(const HistoryPlan& plan, uint64_t num_rows, double* const* out) {
  const std::vector<FeatureGroup> groups = plan.groups();
  std::vector<double> empty(plan.features.size());
  EventScanner(plan, groups).features(EventView{}, 0, empty.data());
  parallel_for(empty.size(), [&](uint64_t feature, uint32_t) {
    std::fill_n(out[feature], num_rows, empty[feature]);
  });
}

}  // namespace

void fit_grids(HistoryPlan* plan, const Table& events) {
  plan->exponents.clear();
  choose_grids(plan, read_events(*plan, events));
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
  KeyedEvents by_key(plan, table, ids.events.data(), ids.num_keys);
  KeyedRequests asked(moments, requests.num_rows(), ids.requests.data(), ids.num_keys);
  HistoryCounts counts = table.counts;
  counts.without_key = ids.events_without_key;
  counts.requests_without_time = without_time;
  counts.requests_without_key = ids.requests_without_key;
  table = EventTable{};
  const std::vector<uint32_t> num_codes = by_key.number_categories();
  if (asked.starts.back() != requests.num_rows()) put_empty(plan, requests.num_rows(), out);

  const std::vector<FeatureGroup> groups = plan.groups();
  const std::vector<uint32_t> ends = work_units(by_key, asked);
  std::vector<std::unique_ptr<EventSweeper>> sweepers(num_threads());
  std::atomic<uint64_t> duplicates{0};
  parallel_for(ends.size(), [&](uint64_t item, uint32_t worker) {
    std::unique_ptr<EventSweeper>& sweeper = sweepers[worker];
    if (sweeper == nullptr) sweeper = std::make_unique<EventSweeper>(plan, groups, num_codes);
    for (uint32_t key = item == 0 ? 0 : ends[item - 1]; key < ends[item]; ++key) {
      duplicates += by_key.put_in_order(key);
      asked.put_in_order(key);
      const uint64_t first = asked.starts[key];
      const auto count = static_cast<uint32_t>(asked.starts[key + 1] - first);
      if (count == 0) continue;
      sweeper->features(by_key.events(key),
                        {asked.times.data() + first, asked.rows.data() + first, count}, out);
    }
  });
  counts.duplicates = duplicates;
  return counts;
}

}  // namespace mainspring

// Merges arrivals and requests by time, one event and one request at a time.
#include "history/replay.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "history/history_state.hpp"
#include "history/key_bytes.hpp"
#include "history/time_column.hpp"

namespace mainspring {

namespace {

std::vector<uint32_t> key_columns(const Table& table, const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) columns.push_back(table.column_index(name));
  return columns;
}

std::vector<uint32_t> order_of(const std::vector<int64_t>& times) {
  std::vector<uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return times[a] < times[b]; });
  return order;
}

bool same_bits(double a, double b) {
  return (a != a && b != b) || std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

}  // namespace

ReplayResult replay_history(const HistoryPlan& plan, const Table& events, const Table& requests,
                            const RequestColumns& columns, const double* const* wanted,
                            uint32_t block_events) {
  const EventTable table = read_events(plan, events);
  const KeyBytes event_keys = key_bytes(events, key_columns(events, plan.keys));
  const KeyBytes request_keys = key_bytes(requests, key_columns(requests, columns.keys));
  ScratchArray<uint64_t> owned;
  uint64_t missing = 0;
  const uint64_t* moments =
      read_microseconds(requests, requests.column_index(columns.at), &owned, &missing);

  const uint32_t num_words = plan.num_words();
  const FirstAvailability first_availability(plan);
  std::vector<uint64_t> words(num_words);
  const auto read = [&](uint32_t row) {
    for (uint32_t word = 0; word < num_words; ++word) words[word] = table.columns[word][row];
  };
  std::vector<int64_t> arrivals(table.num_rows);
  for (uint32_t row = 0; row < table.num_rows; ++row) {
    read(row);
    const EventView event{words.data(), 1, 1};
    arrivals[row] = std::max(event.time(0), first_availability.of(event, 0));
    if (first_availability.words.empty()) arrivals[row] = event.time(0);
  }
  std::vector<int64_t> times(requests.num_rows());
  for (size_t row = 0; row < times.size(); ++row) times[row] = static_cast<int64_t>(moments[row]);

  StateOptions options;
  options.block_events = block_events;
  HistoryState state(plan, options);
  ReplayResult result;
  IngestResult ingested;
  const std::vector<FeatureGroup> groups = plan.groups();
  EventScanner scanner(plan, groups);
  std::vector<double> features(plan.features.size());
  const std::vector<uint32_t> event_order = order_of(arrivals), request_order = order_of(times);
  size_t next = 0;
  int64_t latest_request = INT64_MIN;
  for (const uint32_t row : request_order) {
    for (; next < event_order.size() && arrivals[event_order[next]] <= times[row]; ++next) {
      const uint32_t event = event_order[next];
      read(event);
      const auto time = static_cast<int64_t>(words[0]);
      if (time == kNoTime || event_keys.valid[event] == 0) continue;
      result.arrived_late += time < latest_request ? 1 : 0;
      state.take_event(event_keys.key(event), words.data(), arrivals[event], &ingested);
    }
    if (times[row] == kNoTime || request_keys.valid[row] == 0) {
      scanner.features(EventView{}, 0, features.data());
    } else {
      state.query_key(request_keys.key(row), times[row], features.data());
      latest_request = times[row];
    }
    for (size_t i = 0; i < features.size(); ++i) {
      if (same_bits(features[i], wanted[i][row])) continue;
      ++result.num_different;
      result.first_different = std::min<uint64_t>(result.first_different, row);
      break;
    }
  }
  result.taken = ingested.taken;
  result.expired = ingested.expired;
  result.duplicates = ingested.counts.duplicates;
  return result;
}

}  // namespace mainspring

// A record of an event is its key and words, one of a request its key, time and row; a result is a
// row and its features.
#include "history/spilled_history.hpp"

#include <algorithm>

#include "history/key_bytes.hpp"
#include "history/scan_events.hpp"
#include "history/time_column.hpp"
#include "host/error.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kMarkEvents = 1 << 12;
constexpr uint64_t kKeyBytes = 48;  // of a key, its cell and its place, at most for each event

uint64_t hash_of_key(std::string_view key) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
}

std::string_view take_key(SpillReader* in) {
  const auto length = in->get<uint32_t>();
  return {reinterpret_cast<const char*>(in->take(length)), length};
}

/// Keys as bytes to dense numbers.
class KeyNumbers {
 public:
  uint32_t put(std::string_view key) {
    const uint64_t at = place(key);
    if (cells_[at] != kNoKey) return cells_[at];
    const auto number = static_cast<uint32_t>(starts_.size() - 1);
    cells_[at] = number;
    bytes_.append(key);
    starts_.push_back(bytes_.size());
    if (starts_.size() * 2 > cells_.size()) grow();
    return number;
  }
  uint32_t get(std::string_view key) const { return cells_[place(key)]; }
  uint32_t size() const { return static_cast<uint32_t>(starts_.size() - 1); }

 private:
  std::string_view key_at(uint32_t number) const {
    return std::string_view(bytes_).substr(starts_[number], starts_[number + 1] - starts_[number]);
  }
  uint64_t place(std::string_view key) const {
    const uint64_t mask = cells_.size() - 1;
    // The high bits: all keys of a part have the same low ones.
    uint64_t at = (hash_of_key(key) >> 32) & mask;
    while (cells_[at] != kNoKey && key_at(cells_[at]) != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    cells_.assign(cells_.size() * 2, kNoKey);
    for (uint32_t number = 0; number < size(); ++number) cells_[place(key_at(number))] = number;
  }

  std::string bytes_;
  std::vector<uint64_t> starts_{0};
  std::vector<uint32_t> cells_ = std::vector<uint32_t>(1 << 10, kNoKey);
};

}  // namespace

SpilledHistory::SpilledHistory(HistoryPlan plan, const SpillOptions& options)
    : plan_(std::move(plan)), options_(options), results_(options.folder) {
  if (plan_.exponents.size() != plan_.numbers.size()) {
    throw Error(ErrorKind::kNotFitted,
                "events('" + plan_.source + "') has no grids yet. Fit it to events first.");
  }
  for (uint32_t part = 0; part < options.num_parts; ++part) {
    parts_.push_back(std::make_unique<Part>(options.folder));
  }
  empty_.resize(plan_.features.size());
  const std::vector<FeatureGroup> groups = plan_.groups();
  EventScanner(plan_, groups).features(EventView{}, 0, empty_.data());
}

SpilledHistory::Part& SpilledHistory::part_of(std::string_view key) {
  return *parts_[hash_of_key(key) % parts_.size()];
}

void SpilledHistory::add_events(const Table& events) {
  const EventTable table = read_events(plan_, events);
  const KeyBytes keys = key_bytes(events, columns_of(events, plan_.keys));
  counts_.without_time += table.counts.without_time;
  counts_.late += table.counts.late;
  counts_.off_grid += table.counts.off_grid;
  for (uint64_t row = 0; row < table.num_rows; ++row) {
    counts_.without_key += keys.valid[row] == 0 ? 1 : 0;
    const auto time = static_cast<int64_t>(table.columns[0][row]);
    if (time == kNoTime || keys.valid[row] == 0) continue;
    const std::string_view key = keys.key(row);
    Part& part = part_of(key);
    part.is_sorted = part.is_sorted && part.latest <= time;
    part.latest = std::max(part.latest, time);
    if (part.num_events % kMarkEvents == 0) {
      part.marks.push_back({time, part.events.length(), part.num_events});
    }
    ++part.num_events;
    part.events.put(static_cast<uint32_t>(key.size()));
    part.events.append(key.data(), key.size());
    for (const uint64_t* column : table.columns) part.events.put(column[row]);
  }
}

void SpilledHistory::add_requests(const Table& requests, const RequestColumns& columns) {
  const KeyBytes keys = key_bytes(requests, columns_of(requests, columns.keys));
  ScratchArray<uint64_t> owned;
  uint64_t without_time = 0;
  const uint64_t* times =
      read_microseconds(requests, requests.column_index(columns.at), &owned, &without_time);
  counts_.requests_without_time += without_time;
  for (uint64_t row = 0; row < requests.num_rows(); ++row, ++num_rows_) {
    counts_.requests_without_key += keys.valid[row] == 0 ? 1 : 0;
    if (static_cast<int64_t>(times[row]) == kNoTime || keys.valid[row] == 0) continue;
    const std::string_view key = keys.key(row);
    Part& part = part_of(key);
    ++part.num_requests;
    part.requests.put(static_cast<uint32_t>(key.size()));
    part.requests.append(key.data(), key.size());
    part.requests.put(times[row]);
    part.requests.put(num_rows_);
  }
}

uint64_t SpilledHistory::event_size() const {
  // Words as they are read and brought together by key, number and place, the key.
  return plan_.num_words() * 2 * sizeof(uint64_t) + 2 * sizeof(uint32_t) + kKeyBytes;
}

uint64_t SpilledHistory::request_size() const {
  // Time, row and number as they are read and by key; features, and one column on its way.
  return 48 + (plan_.features.size() + 1) * sizeof(double);
}

std::vector<SpilledHistory::Slice> SpilledHistory::slices_of(const Part& part) const {
  const uint64_t needed = part.num_events * event_size() + part.num_requests * request_size();
  if (needed <= options_.max_bytes || part.num_events == 0) {
    return {{INT64_MIN, INT64_MAX, 0, part.num_events}};
  }
  const int64_t age = plan_.retention();
  const std::string what =
      "A part of events('" + plan_.source + "') takes " + std::to_string(needed) +
      " bytes, expected at most max_bytes = " + std::to_string(options_.max_bytes) +
      ", and cannot be cut in time: ";
  if (age == kUnlimited) {
    throw Error(ErrorKind::kData, what +
                                      "a feature sees all events, however old. Give the source a "
                                      "ttl, or raise max_bytes.");
  }
  if (!part.is_sorted) {
    throw Error(ErrorKind::kData, what +
                                      "events are not in order of time. Sort them, or raise "
                                      "max_bytes.");
  }
  // Events that a slice may have of its own: half of the room, the other half is for those before.
  const uint64_t own =
      std::max<uint64_t>(options_.max_bytes / 2 / (event_size() + request_size()), 1);
  std::vector<Slice> slices;
  int64_t after = INT64_MIN;
  size_t next = 0;
  while (next < part.marks.size()) {
    const uint64_t first_event = part.marks[next].event;
    size_t end = next + 1;
    while (end < part.marks.size() && part.marks[end].event - first_event < own) ++end;
    const int64_t until = end == part.marks.size() ? INT64_MAX : part.marks[end].time;
    const int64_t oldest = after < INT64_MIN + age ? INT64_MIN : after - age;
    // The mark before the first that is not older: events of one time may lie before a mark of it.
    size_t from = 0;
    while (from + 1 < part.marks.size() && part.marks[from + 1].time < oldest) ++from;
    const uint64_t last_event =
        end + 1 < part.marks.size() ? part.marks[end + 1].event : part.num_events;
    slices.push_back({after, until, part.marks[from].offset, last_event - part.marks[from].event});
    if (slices.back().num_events * event_size() > options_.max_bytes) {
      throw Error(ErrorKind::kData, what + "a window alone sees " +
                                        std::to_string(slices.back().num_events) +
                                        " events. Raise max_bytes.");
    }
    after = until;
    next = end;
  }
  return slices;
}

void SpilledHistory::compute_slice(const Part& part, const Slice& slice) {
  const uint32_t num_words = plan_.num_words();
  const int64_t age = plan_.retention();
  const bool is_bounded = age != kUnlimited && slice.after >= INT64_MIN + age;
  const int64_t oldest = is_bounded ? slice.after - age : INT64_MIN;
  KeyNumbers keys;
  EventTable table;
  ScratchArray<uint32_t> ids(std::max<uint64_t>(slice.num_events, 1));
  for (uint32_t word = 0; word < num_words; ++word) {
    table.owned.emplace_back(std::max<uint64_t>(slice.num_events, 1));
    table.columns.push_back(table.owned.back().data());
  }
  SpillReader events(part.events, slice.offset, part.events.length());
  while (!events.at_end() && table.num_rows < slice.num_events) {
    const std::string key(take_key(&events));
    const uint8_t* words = events.take(num_words * sizeof(uint64_t));
    int64_t time = 0;
    std::memcpy(&time, words, sizeof(time));
    if (time < oldest) continue;
    if (slice.until != INT64_MAX && time >= slice.until) break;
    for (uint32_t word = 0; word < num_words; ++word) {
      std::memcpy(table.owned[word].data() + table.num_rows, words + word * sizeof(uint64_t),
                  sizeof(uint64_t));
    }
    ids.data()[table.num_rows++] = keys.put(key);
  }
  std::vector<uint64_t> times, rows;
  std::vector<uint32_t> request_ids;
  SpillReader requests(part.requests, 0, part.requests.length());
  while (!requests.at_end()) {
    const uint32_t id = keys.get(take_key(&requests));
    const auto time = requests.get<int64_t>();
    const auto row = requests.get<uint64_t>();
    const bool is_in = (slice.after == INT64_MIN || time > slice.after) && time <= slice.until;
    if (!is_in || id == kNoKey) continue;  // no event has the key
    times.push_back(static_cast<uint64_t>(time));
    rows.push_back(row);
    request_ids.push_back(id);
  }
  most_bytes_ = std::max(most_bytes_, table.num_rows * event_size() + rows.size() * request_size());
  KeyedEvents by_key(plan_, table,
                     KeyPlaces(table.columns[0], table.num_rows, ids.data(), keys.size()));
  table = EventTable{};
  const KeyedRequests asked(times.data(),
                            KeyPlaces(times.data(), rows.size(), request_ids.data(), keys.size()));
  const size_t width = plan_.features.size();
  ScratchArray<double> values(std::max<uint64_t>(width * rows.size(), 1));
  std::vector<double*> out;
  for (size_t i = 0; i < width; ++i) out.push_back(values.data() + i * rows.size());
  keyed_features(plan_, &by_key, asked, slice.after, out.data(), &counts_);
  const uint64_t start = results_.length();
  for (size_t i = 0; i < rows.size(); ++i) {
    results_.put(rows[i]);
    for (size_t feature = 0; feature < width; ++feature) results_.put(out[feature][i]);
  }
  run_ends_.emplace_back(start, results_.length());
}

void SpilledHistory::compute() {
  for (const std::unique_ptr<Part>& part : parts_) {
    part->events.flush();
    part->requests.flush();
    for (const Slice& slice : slices_of(*part)) compute_slice(*part, slice);
  }
  parts_.clear();  // and their files
  results_.flush();
  for (const auto& [start, end] : run_ends_) {
    runs_.push_back({SpillReader(results_, start, end), 0});
    next_row(&runs_.back());
  }
}

void SpilledHistory::next_row(Run* run) const {
  run->row = run->reader.at_end() ? UINT64_MAX : run->reader.get<uint64_t>();
}

void SpilledHistory::read(uint64_t num_rows, double* const* out) {
  const size_t width = plan_.features.size();
  for (size_t feature = 0; feature < width; ++feature) {
    std::fill_n(out[feature], num_rows, empty_[feature]);
  }
  for (Run& run : runs_) {
    while (run.row < next_row_ + num_rows) {
      for (size_t feature = 0; feature < width; ++feature) {
        out[feature][run.row - next_row_] = run.reader.get<double>();
      }
      next_row(&run);
    }
  }
  next_row_ += num_rows;
}

}  // namespace mainspring

// A map from ids to what waits, and a queue of when it has waited long enough.
#include "measure/monitor/label_join.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "host/error.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kVersion = 1;

std::string_view name_of(IdKind kind) { return kind == IdKind::kText ? "text" : "integers"; }

// The earliest time that does not lie more than `window` before `time`.
int64_t earliest(int64_t time, int64_t window) {
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
  return time < kFirst + window ? kFirst : time - window;
}

}  // namespace

void LabelJoin::move_horizon(int64_t time) {
  horizon_ = has_rows_ ? std::max(horizon_, time) : time;
  has_rows_ = true;
  while (!queue_.empty() && queue_.top().time < horizon_) {
    const Due due = queue_.top();
    queue_.pop();
    forget(due);
  }
}

// What was queued before its row was joined has another time than the entry: it stands for nothing.
bool LabelJoin::forget(const Due& due) {
  const auto found = entries_.find(due.id);
  if (found == entries_.end() || found->second.time != due.time) return false;
  const State state = found->second.state;
  if (state != State::kJoined) {
    --num_waiting_[static_cast<size_t>(state)];
    ++(state == State::kPrediction ? counts_.unlabelled : counts_.unmatched);
  }
  entries_.erase(found);
  return true;
}

// Whoever was forgotten for want of room must not be joined again when a log is read again: rows of
// its time and of before are late from here on.
void LabelJoin::forget_oldest() {
  while (entries_.size() > max_ids_) {
    const Due due = queue_.top();
    queue_.pop();
    if (!forget(due)) continue;
    ++counts_.dropped;
    dropped_until_ = std::max(dropped_until_, due.time);
  }
}

void LabelJoin::compact_queue() {
  if (queue_.size() < 2 * entries_.size() + 1024) return;
  std::vector<Due> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back({entry.time, id});
  queue_ = decltype(queue_)(std::greater<>(), std::move(all));
}

JoinedRows LabelJoin::add(JoinSide side, const RowIds& rows, std::span<const int64_t> times) {
  if (rows.kind != IdKind::kNone && kind_ != IdKind::kNone && rows.kind != kind_) {
    const std::string got(name_of(rows.kind)), known(name_of(kind_));
    throw Error(ErrorKind::kSchema, "The ids are " + got + ", but those before were " + known +
                                        ": no two of them are equal. Cast one of them.")
        .expected(known)
        .got(got)
        .hint("Cast one of them.");
  }
  JoinedRows joined;
  if (rows.ids.empty()) return joined;
  if (rows.kind != IdKind::kNone) kind_ = rows.kind;
  // The latest time of the batch counts for all of its rows, whatever their order in it.
  move_horizon(earliest(*std::max_element(times.begin(), times.end()), window_));
  const auto waits = static_cast<State>(side);
  const uint64_t first = num_kept(side);
  for (uint64_t row = 0; row < rows.ids.size(); ++row) {
    const RowId id = rows.ids[row];
    const int64_t time = times[row];
    const auto found = entries_.find(id);
    if (found == entries_.end()) {
      if (is_past(time)) {
        ++counts_.late;
        continue;
      }
      entries_.emplace(id, Entry{time, first + row, waits});
      queue_.push({time, id});
      ++num_waiting_[index_of(side)];
      continue;
    }
    Entry& entry = found->second;
    if (entry.state == waits || entry.state == State::kJoined) {
      ++counts_.duplicates;
      continue;
    }
    joined.rows.push_back(row);
    joined.kept.push_back(entry.number);
    joined.delays.push_back(side == JoinSide::kLabel ? time - entry.time : entry.time - time);
    ++counts_.joined;
    --num_waiting_[static_cast<size_t>(entry.state)];
    const int64_t until = std::max(time, entry.time);
    if (until != entry.time) queue_.push({until, id});
    entry = {until, 0, State::kJoined};
  }
  std::vector<RowId>& owners = owners_[index_of(side)];
  owners.insert(owners.end(), rows.ids.begin(), rows.ids.end());
  forget_oldest();
  compact_queue();
  return joined;
}

std::vector<uint64_t> LabelJoin::renumber(JoinSide side) {
  const auto waits = static_cast<State>(side);
  std::vector<RowId>& owners = owners_[index_of(side)];
  std::vector<RowId> waiting;
  std::vector<uint64_t> numbers;
  for (uint64_t number = 0; number < owners.size(); ++number) {
    const auto found = entries_.find(owners[number]);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (entry.state != waits || entry.number != number) continue;
    // What stands before has lower numbers: no later row is taken for this one.
    entry.number = numbers.size();
    numbers.push_back(number);
    waiting.push_back(owners[number]);
  }
  owners = std::move(waiting);
  return numbers;
}

std::vector<uint8_t> LabelJoin::to_bytes() {
  renumber(JoinSide::kPrediction);
  renumber(JoinSide::kLabel);
  StateWriter writer;
  writer.put(kVersion);
  writer.put(window_);
  writer.put(max_ids_);
  writer.put(static_cast<uint8_t>(kind_));
  writer.put(static_cast<uint8_t>(has_rows_));
  writer.put(horizon_);
  writer.put(dropped_until_);
  for (const uint64_t count : {counts_.joined, counts_.duplicates, counts_.unlabelled,
                               counts_.unmatched, counts_.late, counts_.dropped}) {
    writer.put(count);
  }
  std::vector<std::pair<RowId, Entry>> sorted(entries_.begin(), entries_.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  writer.put<uint64_t>(sorted.size());
  for (const auto& [id, entry] : sorted) {
    writer.put(id.high);
    writer.put(id.low);
    writer.put(entry.time);
    writer.put(entry.number);
    writer.put(static_cast<uint8_t>(entry.state));
  }
  return writer.take();
}

LabelJoin LabelJoin::from_bytes(std::string_view bytes) {
  constexpr uint64_t kEntryBytes = 33;
  StateReader reader(bytes);
  if (reader.get<uint32_t>() != kVersion) StateReader::fail();
  const auto window = reader.get<int64_t>();
  const auto max_ids = reader.get<uint64_t>();
  if (window <= 0 || max_ids == 0) StateReader::fail();
  LabelJoin join(window, max_ids);
  const auto kind = reader.get<uint8_t>();
  if (kind > static_cast<uint8_t>(IdKind::kText)) StateReader::fail();
  join.kind_ = static_cast<IdKind>(kind);
  join.has_rows_ = reader.get<uint8_t>() != 0;
  join.horizon_ = reader.get<int64_t>();
  join.dropped_until_ = reader.get<int64_t>();
  JoinCounts& counts = join.counts_;
  for (uint64_t* count : {&counts.joined, &counts.duplicates, &counts.unlabelled, &counts.unmatched,
                          &counts.late, &counts.dropped}) {
    *count = reader.get<uint64_t>();
  }
  const uint64_t num_entries = reader.get_count(kEntryBytes);
  if (num_entries > max_ids) StateReader::fail();
  std::array<std::vector<std::pair<uint64_t, RowId>>, 2> waiting;
  for (uint64_t i = 0; i < num_entries; ++i) {
    RowId id;
    id.high = reader.get<uint64_t>();
    id.low = reader.get<uint64_t>();
    Entry entry{};
    entry.time = reader.get<int64_t>();
    entry.number = reader.get<uint64_t>();
    const auto state = reader.get<uint8_t>();
    if (state > static_cast<uint8_t>(State::kJoined)) StateReader::fail();
    entry.state = static_cast<State>(state);
    if (entry.state != State::kJoined) waiting[state].emplace_back(entry.number, id);
    if (!join.entries_.emplace(id, entry).second) StateReader::fail();
    join.queue_.push({entry.time, id});
  }
  reader.expect_end();
  for (size_t side = 0; side < waiting.size(); ++side) {
    // Numbers are 0, 1, 2 ...: another would be read out of bounds by whoever holds the rows.
    std::sort(waiting[side].begin(), waiting[side].end());
    for (const auto& [number, id] : waiting[side]) {
      if (number != join.owners_[side].size()) StateReader::fail();
      join.owners_[side].push_back(id);
    }
    join.num_waiting_[side] = waiting[side].size();
  }
  return join;
}

}  // namespace mainspring

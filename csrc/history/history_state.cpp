// Batches go to the log, then into the shards of their keys. What is kept of an event is what
// training would have read of it, so features have the same bits.
#include "history/history_state.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "history/key_bytes.hpp"
#include "history/state_files.hpp"
#include "history/time_column.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr size_t kShards = 64;
constexpr uint32_t kDroppedOnIngest = 8;  // oldest events of the key, so that none owes many
constexpr uint32_t kAhead = 8;            // events between a fetch and its use
constexpr uint32_t kSweptForEvent = 2;    // slots looked at for each event of a batch
constexpr uint32_t kHeldEvents = 16;      // events after which a shard is given to queries
constexpr uint32_t kTries = 2000;         // some 20 us before a query sleeps

uint64_t hash_of(std::string_view key) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
}

/// Gives a lock up until nobody waits for it any more.
void let_queries_in(std::unique_lock<std::mutex>* lock, const std::atomic<uint32_t>& num_waiting) {
  if (num_waiting.load(std::memory_order_relaxed) == 0) return;
  lock->unlock();
  for (uint32_t tries = 0; num_waiting.load(std::memory_order_relaxed) != 0 && tries < kTries;) {
    ++tries;
  }
  lock->lock();
}

}  // namespace

/// What the log holds of a call: arrival, keys and words.
struct HistoryState::Batch {
  int64_t now = 0;
  std::vector<std::string_view> keys;
  std::vector<uint64_t> words;  // of one event after another
};

/// A mutex that is slept on is had late: the thread has to be woken. So a query asks for a while,
/// and an ingest that holds the shard gives it up as soon as it sees that somebody waits.
class HistoryState::Visit {
 public:
  explicit Visit(Shard& shard) : shard_(shard) {
    if (shard.mutex.try_lock()) return;
    shard.num_waiting.fetch_add(1, std::memory_order_relaxed);
    uint32_t tries = 0;
    while (!shard.mutex.try_lock()) {
      if (++tries < kTries) continue;
      shard.mutex.lock();
      break;
    }
    shard.num_waiting.fetch_sub(1, std::memory_order_relaxed);
  }
  ~Visit() { shard_.mutex.unlock(); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  Shard& shard_;
};

HistoryState::HistoryState(HistoryPlan plan, const StateOptions& options)
    : plan_(std::move(plan)),
      groups_(plan_.groups()),
      layout_(plan_, groups_, options.block_events),
      first_availability_(plan_),
      max_bytes_(options.max_bytes),
      folder_(options.folder) {
  if (plan_.exponents.size() != plan_.numbers.size()) {
    throw Error(ErrorKind::kNotFitted,
                "events('" + plan_.source + "') has no grids yet. Fit it to events first.");
  }
  for (size_t i = 0; i < kShards; ++i)
    shards_.push_back(std::make_unique<Shard>(plan_, groups_, layout_));
  if (folder_.empty()) return;
  if (const std::optional<std::vector<uint8_t>> bytes = read_if_there(snapshot_path())) {
    read_snapshot(*bytes);
  }
  const uint64_t saved = number_;
  log_ = std::make_unique<EventLog>(
      folder_ + "/events.log", definition_hash(plan_), options.durability,
      [&](uint64_t number, std::span<const uint8_t> bytes) {
        if (number <= saved) return;
        Batch batch;
        batch.now = read_batch(bytes, plan_.num_words(), &batch.keys, &batch.words);
        clock_ = std::max<int64_t>(clock_, batch.now);
        IngestResult ignored;
        apply(batch, &ignored);
        number_ = number;
      });
}

int64_t HistoryState::oldest_kept() const {
  const int64_t age = plan_.retention(), now = clock_;
  if (age == kUnlimited || now < INT64_MIN + age) return INT64_MIN;
  return now - age;
}

/// False: it is there already, or no feature can see it. The shard is locked.
bool HistoryState::put(Shard& shard, std::string_view key, uint64_t hash, const uint64_t* words,
                       IngestResult* result) {
  const auto time = static_cast<int64_t>(words[0]);
  const int64_t oldest = oldest_kept();
  if (time < oldest) {
    ++result->expired;
    return false;
  }
  KeySlot& slot = shard.slots.find_or_add(key, hash);
  shard.slots.drop_before(&slot, oldest, kDroppedOnIngest);
  const EventView events = slot.events();
  uint32_t place = events.count;
  const EventView mine{words, 1, 1};
  const int64_t first = first_availability_.of(mine, 0);
  while (place > 0 &&
         (events.time(place - 1) > time ||
          (events.time(place - 1) == time && first_availability_.of(events, place - 1) > first))) {
    --place;
  }
  if (!plan_.id.empty() && (words[1] & plan_.id_flag()) != 0) {
    const uint32_t word = plan_.id_word();
    // Those of its time lie around the place.
    uint32_t from = place, to = place;
    while (from > 0 && events.time(from - 1) == time) --from;
    while (to < events.count && events.time(to) == time) ++to;
    for (uint32_t event = from; event < to; ++event) {
      if ((events.word(1, event) & plan_.id_flag()) == 0) continue;
      if (events.word(word, event) != words[word]) continue;
      ++result->counts.duplicates;
      return false;
    }
  }
  shard.slots.insert(&slot, place, words);
  return true;
}

void HistoryState::apply(const Batch& batch, IngestResult* result) {
  // By shard: each is locked once, and its cells are on their way before they are needed.
  const auto count = static_cast<uint32_t>(batch.keys.size());
  std::vector<uint64_t> hashes(count);
  std::array<uint32_t, kShards + 1> starts{};
  for (uint32_t i = 0; i < count; ++i) {
    hashes[i] = hash_of(batch.keys[i]);
    ++starts[(hashes[i] & (kShards - 1)) + 1];
  }
  for (size_t shard = 0; shard < kShards; ++shard) starts[shard + 1] += starts[shard];
  std::vector<uint32_t> order(count);
  std::array<uint32_t, kShards + 1> next = starts;
  for (uint32_t i = 0; i < count; ++i) order[next[hashes[i] & (kShards - 1)]++] = i;

  const uint32_t num_words = plan_.num_words();
  const int64_t oldest = oldest_kept();
  const auto swept = static_cast<uint32_t>(count * kSweptForEvent / kShards + 1);
  for (size_t number = 0; number < kShards; ++number) {
    Shard& shard = *shards_[number];
    std::unique_lock lock(shard.mutex);
    for (uint32_t place = starts[number]; place < starts[number + 1]; ++place) {
      if (place % kHeldEvents == 0) let_queries_in(&lock, shard.num_waiting);
      // Each is found through the one before: cells, then slots, then events.
      const uint32_t end = starts[number + 1];
      if (place + 3 * kAhead < end) shard.slots.fetch(hashes[order[place + 3 * kAhead]]);
      if (place + 2 * kAhead < end) shard.slots.fetch_slot(hashes[order[place + 2 * kAhead]]);
      if (place + kAhead < end) shard.slots.fetch_events(hashes[order[place + kAhead]]);
      const uint32_t i = order[place];
      const uint64_t* words = batch.words.data() + uint64_t{i} * num_words;
      result->taken += put(shard, batch.keys[i], hashes[i], words, result) ? 1 : 0;
    }
    if (oldest != INT64_MIN) shard.slots.sweep(oldest, swept);
  }
}

void HistoryState::check_room(const Batch& batch) {
  const StateMemory held = memory();
  const uint64_t used = held.event_bytes + held.key_bytes;
  uint64_t wanted = batch.words.size() * sizeof(uint64_t);
  std::unordered_set<std::string_view> fresh;
  for (const std::string_view key : batch.keys) {
    const uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (shard.slots.find(key, hash) != nullptr || !fresh.insert(key).second) continue;
    wanted += shard.slots.bytes_of_new(key);
    if (wanted > max_bytes_) break;  // and no set of all keys there are
  }
  if (used <= max_bytes_ && wanted <= max_bytes_ - used) return;
  {
    const std::scoped_lock lock(counting_);
    totals_.refused += batch.keys.size();
  }
  throw Error(ErrorKind::kData,
              "The state of events('" + plan_.source + "') holds " + std::to_string(used) +
                  " bytes and the batch takes " + std::to_string(wanted) +
                  " more, expected at most max_bytes = " + std::to_string(max_bytes_) +
                  ". Nothing of it was taken. Set a ttl, raise max_bytes, or call evict().")
      .expected("at most " + std::to_string(max_bytes_) + " bytes")
      .got(std::to_string(used + wanted) + " bytes");
}

IngestResult HistoryState::ingest(const Table& events, int64_t now) {
  std::vector<uint32_t> key_columns;
  for (const std::string& name : plan_.keys) key_columns.push_back(events.column_index(name));
  const EventTable table = read_events(plan_, events);
  const KeyBytes keys = key_bytes(events, key_columns);
  const std::scoped_lock writing(writer_);
  // Never back: what was answered stays answered.
  now = std::max<int64_t>(now, clock_);
  IngestResult result;
  result.counts = table.counts;
  Batch batch;
  batch.now = now;
  const uint32_t num_words = plan_.num_words();
  batch.keys.reserve(table.num_rows);
  batch.words.reserve(table.num_rows * num_words);
  for (uint64_t row = 0; row < table.num_rows; ++row) {
    const auto time = static_cast<int64_t>(table.columns[0][row]);
    if (time == kNoTime) continue;
    if (keys.valid[row] == 0) {
      ++result.counts.without_key;
      continue;
    }
    if (time > now && static_cast<uint64_t>(time) - static_cast<uint64_t>(now) >
                          static_cast<uint64_t>(plan_.skew)) {
      ++result.counts.future;
      continue;
    }
    batch.keys.push_back(keys.key(row));
    for (uint32_t word = 0; word < num_words; ++word) {
      batch.words.push_back(table.columns[word][row]);
    }
  }
  if (max_bytes_ != UINT64_MAX) check_room(batch);
  if (log_ != nullptr && !batch.keys.empty()) {
    log_->append(number_ + 1, write_batch(now, batch.keys, batch.words, num_words));
  }
  if (!batch.keys.empty()) ++number_;
  clock_ = now;
  apply(batch, &result);
  const std::scoped_lock lock(counting_);
  totals_.ingested.counts += result.counts;
  totals_.ingested.taken += result.taken;
  totals_.ingested.expired += result.expired;
  return result;
}

void HistoryState::take_event(std::string_view key, const uint64_t* words, int64_t now,
                              IngestResult* result) {
  clock_ = std::max<int64_t>(clock_, now);
  const uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::scoped_lock lock(shard.mutex);
  result->taken += put(shard, key, hash, words, result) ? 1 : 0;
}

int64_t HistoryState::query_key(std::string_view key, int64_t at, double* out) {
  const uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const Visit visit(shard);
  const KeySlot* slot = shard.slots.find(key, hash);
  if (slot == nullptr) {
    shard.scanner.features(EventView{}, at, out);
    return shard.slots.forgotten_before();
  }
  if (slot->blocks != nullptr) {
    shard.block_scanner.features(slot->events(), *slot->blocks, at, out);
  } else {
    shard.scanner.features(slot->events(), at, out);
  }
  return slot->known_since;
}

int64_t HistoryState::query_nothing(double* out) const {
  EventScanner(plan_, groups_).features(EventView{}, 0, out);
  return INT64_MIN;
}

HistoryCounts HistoryState::query(const Table& requests, const RequestColumns& columns,
                                  double* const* out, int64_t* known_since) {
  std::vector<uint32_t> key_columns;
  for (const std::string& name : columns.keys) key_columns.push_back(requests.column_index(name));
  const KeyBytes keys = key_bytes(requests, key_columns);
  ScratchArray<uint64_t> owned;
  HistoryCounts counts;
  const uint64_t* times = read_microseconds(requests, requests.column_index(columns.at), &owned,
                                            &counts.requests_without_time);
  std::vector<double> features(plan_.features.size());
  for (uint64_t row = 0; row < requests.num_rows(); ++row) {
    const auto at = static_cast<int64_t>(times[row]);
    const bool has_key = keys.valid[row] != 0;
    counts.requests_without_key += has_key ? 0 : 1;
    if (has_key && at != kNoTime) {
      known_since[row] = query_key(keys.key(row), at, features.data());
    } else {
      known_since[row] = query_nothing(features.data());
    }
    for (size_t i = 0; i < features.size(); ++i) out[i][row] = features[i];
  }
  return counts;
}

void HistoryState::evict(int64_t now) {
  const std::scoped_lock writing(writer_);
  clock_ = std::max<int64_t>(clock_, now);
  const int64_t oldest = oldest_kept();
  if (oldest == INT64_MIN) return;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::scoped_lock lock(shard->mutex);
    // Each visit of a slot drops a bounded number of events.
    uint64_t before = UINT64_MAX;
    while (shard->slots.num_events() != before) {
      before = shard->slots.num_events();
      shard->slots.sweep(oldest, static_cast<uint32_t>(shard->slots.num_keys() * 2 + 1));
    }
  }
}

StateMemory HistoryState::memory() const {
  StateMemory memory;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::scoped_lock lock(shard->mutex);
    memory.num_keys += shard->slots.num_keys();
    memory.num_events += shard->slots.num_events();
    memory.event_bytes += shard->slots.event_bytes();
    memory.key_bytes += shard->slots.key_bytes();
  }
  return memory;
}

StateTotals HistoryState::totals() const {
  StateTotals totals;
  {
    const std::scoped_lock lock(counting_);
    totals = totals_;
  }
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::scoped_lock lock(shard->mutex);
    totals.evicted_events += shard->slots.num_evicted_events();
    totals.evicted_keys += shard->slots.num_evicted_keys();
  }
  return totals;
}

void HistoryState::save() {
  if (folder_.empty()) {
    throw Error(ErrorKind::kParameter, "The state has no folder to save to. Make it with folder=.");
  }
  const std::scoped_lock writing(writer_);
  write_file(snapshot_path(), write_snapshot());
  log_->clear();
}

std::vector<uint8_t> HistoryState::write_snapshot() const {
  SnapshotWriter out(definition_hash(plan_), number_, clock_);
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::scoped_lock lock(shard->mutex);
    out.forget_before(shard->slots.forgotten_before());
    shard->slots.for_each([&](const KeySlot& slot) {
      out.put_key(slot.key, slot.known_since, slot.events(), plan_.num_words());
    });
  }
  return out.take();
}

void HistoryState::read_snapshot(std::span<const uint8_t> bytes) {
  const SnapshotHeader header = check_snapshot(snapshot_path(), bytes, definition_hash(plan_));
  number_ = header.number;
  clock_ = header.clock;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->slots.forget_before(header.forgotten_before);
  }
  read_snapshot_keys(bytes, plan_.num_words(), [&](const SnapshotKey& key) {
    const uint64_t hash = hash_of(key.key);
    Shard& shard = shard_of(hash);
    KeySlot& slot = shard.slots.find_or_add(key.key, hash);
    slot.known_since = key.known_since;
    std::vector<uint64_t> words(plan_.num_words());
    for (uint32_t event = 0; event < key.num_events; ++event) {
      for (uint32_t word = 0; word < words.size(); ++word) {
        words[word] = key.words[uint64_t{word} * key.num_events + event];
      }
      shard.slots.insert(&slot, event, words.data());
    }
  });
}

}  // namespace mainspring

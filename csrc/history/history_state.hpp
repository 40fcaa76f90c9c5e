// The online side of a history: takes events as they come, and answers for a key at a moment with
// the bits that training tables have.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "history/event_log.hpp"
#include "history/key_slots.hpp"
#include "history/offline_history.hpp"
#include "history/scan_blocks.hpp"
#include "history/scan_events.hpp"

namespace mainspring {

struct StateOptions {
  uint64_t max_bytes = UINT64_MAX;  // events beyond it are refused
  std::string folder;               // of snapshot and log; "": in memory alone
  Durability durability = Durability::kProcess;
  uint32_t block_events = 64;  // of keys with many events; from 2 to 256
};

struct StateMemory {
  uint64_t num_keys = 0, num_events = 0;
  uint64_t event_bytes = 0, key_bytes = 0;
};

/// What came of a batch; the counts of what was left out, and of what was too old for any feature.
struct IngestResult {
  HistoryCounts counts;
  uint64_t taken = 0, expired = 0;
};

/// What happened since the state was opened.
struct StateTotals {
  IngestResult ingested;
  uint64_t refused = 0;                           // events of batches beyond max_bytes
  uint64_t evicted_events = 0, evicted_keys = 0;  // that no feature could see any more
};

/// Safe to use from many threads: batches are taken one after another, queries wait for the shard
/// of their key alone.
class HistoryState {
 public:
  /// Reads snapshot and log where there are any. Throws Error(kParameter) naming both definitions
  /// when they belong to another, Error(kBundleCorrupt) when a snapshot is damaged, Error(kFile).
  HistoryState(HistoryPlan plan, const StateOptions& options);

  /// `now`: when the batch arrives, in microseconds; the clock never goes back. Events are durable
  /// when this returns. Throws Error(kData), and takes none, when they would take the state past
  /// max_bytes.
  IngestResult ingest(const Table& events, int64_t now);
  /// Fills out[feature][row], and known_since[row]: events before it may be gone.
  HistoryCounts query(const Table& requests, const RequestColumns& columns, double* const* out,
                      int64_t* known_since);
  /// One key's features; the key as key_bytes() writes it.
  int64_t query_key(std::string_view key, int64_t at, double* out);
  /// What sees no event.
  int64_t query_nothing(double* out) const;

  /// One event past the log, for replays: its key and words, as a batch would have them.
  void take_event(std::string_view key, const uint64_t* words, int64_t now, IngestResult* result);

  /// Writes a snapshot and empties the log. Throws Error(kParameter) without a folder.
  void save();
  /// Drops what no request from `now` on can see.
  void evict(int64_t now);

  const HistoryPlan& plan() const { return plan_; }
  int64_t clock() const { return clock_; }
  uint64_t cut_bytes() const { return log_ == nullptr ? 0 : log_->cut_bytes(); }
  StateMemory memory() const;
  StateTotals totals() const;

 private:
  struct Shard {
    Shard(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
          const BlockLayout& layout)
        : slots(layout), scanner(plan, groups), block_scanner(plan, groups, layout) {}
    mutable std::mutex mutex;
    std::atomic<uint32_t> num_waiting{0};  // queries; ingesting lets them in between its events
    KeySlots slots;
    EventScanner scanner;
    BlockScanner block_scanner;
  };
  /// Holds a shard for a query.
  class Visit;
  struct Batch;

  Shard& shard_of(uint64_t hash) { return *shards_[hash & (shards_.size() - 1)]; }
  int64_t oldest_kept() const;
  /// Throws Error(kData) when there is no room for a batch below max_bytes.
  void check_room(const Batch& batch);
  void apply(const Batch& batch, IngestResult* result);
  bool put(Shard& shard, std::string_view key, uint64_t hash, const uint64_t* words,
           IngestResult* result);
  std::vector<uint8_t> write_snapshot() const;
  void read_snapshot(std::span<const uint8_t> bytes);
  std::string snapshot_path() const { return folder_ + "/snapshot.history"; }

  HistoryPlan plan_;
  std::vector<FeatureGroup> groups_;
  BlockLayout layout_;
  FirstAvailability first_availability_;
  uint64_t max_bytes_;
  std::string folder_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::mutex writer_;
  mutable std::mutex counting_;  // of totals_, which readers have without waiting for a batch
  StateTotals totals_;
  std::unique_ptr<EventLog> log_;
  uint64_t number_ = 0;  // of the last batch
  std::atomic<int64_t> clock_{INT64_MIN};
};

}  // namespace mainspring

// What states write: batches for the log, and snapshots of all keys and events. Accumulators are
// not among them: they are integers, and come out the same again.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/event_words.hpp"

namespace mainspring {

/// None where there is no such file; throws Error(kFile) where it cannot be read.
std::optional<std::vector<uint8_t>> read_if_there(const std::string& path);

/// A batch as a record of the log: its arrival, then keys and words of each event.
std::vector<uint8_t> write_batch(int64_t now, std::span<const std::string_view> keys,
                                 std::span<const uint64_t> words, uint32_t num_words);
/// Returns the arrival; keys point into `bytes`. Throws Error(kBundleCorrupt).
int64_t read_batch(std::span<const uint8_t> bytes, uint32_t num_words,
                   std::vector<std::string_view>* keys, std::vector<uint64_t>* words);

/// The first bytes of a snapshot; `crc` is of all that follows.
struct SnapshotHeader {
  char magic[8];
  uint64_t definition_hash;
  uint64_t number;  // of the last batch in it
  int64_t clock;
  int64_t forgotten_before;
  uint64_t num_keys;
  uint32_t version;
  uint32_t crc;
};
static_assert(sizeof(SnapshotHeader) == 56);

/// A key's events, column by column.
struct SnapshotKey {
  std::string_view key;
  int64_t known_since;
  uint32_t num_events;
  const uint64_t* words;
};

class SnapshotWriter {
 public:
  SnapshotWriter(uint64_t definition_hash, uint64_t number, int64_t clock);
  void forget_before(int64_t time);
  void put_key(std::string_view key, int64_t known_since, const EventView& events,
               uint32_t num_words);
  std::vector<uint8_t> take();

 private:
  SnapshotHeader header_{};
  std::vector<uint8_t> bytes_;
};

/// Throws Error(kBundleCorrupt) for a file that is truncated or changed, Error(kParameter) for one
/// of another definition.
SnapshotHeader check_snapshot(const std::string& path, std::span<const uint8_t> bytes,
                              uint64_t definition_hash);
void read_snapshot_keys(std::span<const uint8_t> bytes, uint32_t num_words,
                        const std::function<void(const SnapshotKey&)>& take);

}  // namespace mainspring

// The log of a state: batches of events in a file, written before they are acknowledged.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

/// What an acknowledged event survives: the end of the process, however sudden, or that of the
/// machine.
enum class Durability : uint8_t { kProcess = 1, kDisk = 2 };

/// A file of records: their length, checksum and number, then their bytes. Throws Error(kFile)
/// where the operating system refuses, Error(kBundleCorrupt) for a file that is no log.
class EventLog {
 public:
  /// Opens the log at `path`, or begins it. A record that was not written to its end, and all
  /// behind it, is cut off. Calls `replay` for each whole record.
  EventLog(std::string path, uint64_t definition_hash, Durability durability,
           const std::function<void(uint64_t number, std::span<const uint8_t>)>& replay);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Returns when the record is as durable as asked. `number` ascends.
  void append(uint64_t number, std::span<const uint8_t> bytes);
  /// Begins anew: what was in it is in a snapshot.
  void clear();
  uint64_t cut_bytes() const { return cut_bytes_; }

 private:
  [[noreturn]] void fail(const char* what) const;
  void write_all(std::span<const uint8_t> bytes);
  void read_records(const std::function<void(uint64_t, std::span<const uint8_t>)>& replay);
  void begin();

  std::string path_;
  uint64_t definition_hash_;
  Durability durability_;
  int file_ = -1;
  uint64_t length_ = 0;  // of whole records and the header
  uint64_t cut_bytes_ = 0;
};

/// What a definition hash is called in messages.
std::string hash_text(uint64_t hash);
/// Throws Error(kParameter) naming both when they differ.
void check_definition(const std::string& path, uint64_t found, uint64_t wanted);

}  // namespace mainspring
